// Photos, pictures, exports and queues. The names are those of kanta_core/storage/names.py.
param name string
param location string
param tags object
param sku string
@description('Days in which what was deleted can be brought back, by somebody with the right to. Then it is gone.')
param undeleteDays int
@description('Origins of the pages that write photos by links.')
param origins array
@description('The principal of Kanta itself.')
param user string
param workspaceId string

var containers = [
  'photos'
  'event-images'
  'pictures'
  'exports'
]
// Events that Event Grid could not bring. The sweep finds their photos; this is to find out why.
var undelivered = 'undelivered-events'

var queues = [
  'kanta-encode'
  'kanta-encode-poison'
  'kanta-recluster'
  'kanta-recluster-poison'
  'kanta-take-in'
  'kanta-take-in-poison'
  'kanta-export'
  'kanta-export-poison'
  'kanta-webhook'
  'kanta-webhook-poison'
  // Of the blob trigger: `webjobs` is the host's word, and `kanta-encode` the id of the app's host.
  'azure-webjobs-blobtrigger-kanta-encode'
  'webjobs-blobtrigger-poison'
]

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    // Links are signed by Kanta's identity; none that Kanta signs is good for longer than its longest setting.
    sasPolicy: { sasExpirationPeriod: '7.00:00:00', expirationAction: 'Log' }
    // Browsers read and write photos here by such links, so the account stays reachable even with private networking.
    publicNetworkAccess: 'Enabled'
    networkAcls: { defaultAction: 'Allow', bypass: 'AzureServices' }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    // The same rule as kanta_core/storage/cors.py makes where it may.
    cors: {
      corsRules: [
        {
          allowedOrigins: origins
          allowedMethods: ['PUT']
          allowedHeaders: ['content-type', 'if-none-match', 'x-ms-*']
          exposedHeaders: ['retry-after', 'x-ms-*']
          maxAgeInSeconds: 3600
        }
      ]
    }
    deleteRetentionPolicy: { enabled: true, days: undeleteDays }
    containerDeleteRetentionPolicy: { enabled: true, days: undeleteDays }
    // Kanta reads and deletes blobs as they are now: an older version would outlive what its guests were promised.
    isVersioningEnabled: false
  }
}

resource folders 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = [
  for container in concat(containers, [undelivered]): {
    parent: blobs
    name: container
    properties: { publicAccess: 'None' }
  }
]

resource messages 'Microsoft.Storage/storageAccounts/queueServices@2024-01-01' = {
  parent: account
  name: 'default'
}

resource mail 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' = [for queue in queues: {
  parent: messages
  name: queue
}]

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2024-01-01' = {
  parent: account
  name: 'default'
  dependsOn: [blobs]
  properties: {
    policy: {
      rules: [
        {
          // Kanta deletes them after a day; this is for what a kill left behind.
          name: 'exports-go'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['exports/'] }
            actions: { baseBlob: { delete: { daysAfterCreationGreaterThan: 7 } } }
          }
        }
        {
          name: 'undelivered-events-go'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob', 'appendBlob'], prefixMatch: ['${undelivered}/'] }
            actions: { baseBlob: { delete: { daysAfterCreationGreaterThan: 30 } } }
          }
        }
        {
          // Thumbnails and crops are looked at in the weeks after an event. Cool is cheaper to keep and reads at once.
          name: 'pictures-cool'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['pictures/'] }
            actions: { baseBlob: { tierToCool: { daysAfterModificationGreaterThan: 60 } } }
          }
        }
        {
          name: 'photos-cool'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['photos/'] }
            actions: { baseBlob: { tierToCool: { daysAfterModificationGreaterThan: 90 } } }
          }
        }
      ]
    }
  }
}

var blobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
var queueDataContributor = '974c5e8b-45b9-4653-ba55-5f855dd0fb88'

resource blobRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, user, blobDataContributor)
  scope: account
  properties: {
    description: 'Kanta keeps photos and pictures and signs links to them; its host keeps leases.'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataContributor)
    principalId: user
    principalType: 'ServicePrincipal'
  }
}

resource queueRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, user, queueDataContributor)
  scope: account
  properties: {
    description: 'Kanta sends messages, its host takes them, and the scaler counts them.'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', queueDataContributor)
    principalId: user
    principalType: 'ServicePrincipal'
  }
}

resource blobLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'logs'
  scope: blobs
  properties: {
    workspaceId: workspaceId
    // Not reads and writes: that is a line for every picture that somebody looks at.
    logs: [
      {
        category: 'StorageDelete'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'Transaction'
        enabled: true
      }
    ]
  }
}

resource queueLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'logs'
  scope: messages
  properties: {
    workspaceId: workspaceId
    metrics: [
      {
        category: 'Transaction'
        enabled: true
      }
    ]
  }
}

output id string = account.id
output name string = account.name
