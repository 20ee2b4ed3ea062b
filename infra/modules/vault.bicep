// The organiser's key, and the keys of the Functions host. Made here once, at random; nobody has to see them.
param name string
param location string
param tags object
param privateNetworking bool
param reader string
param workspaceId string

// Two random UUIDs are 244 random bits. Each is made for every deployment and used by the first.
@secure()
param organiserKey string = replace('${newGuid()}${newGuid()}', '-', '')
@secure()
param masterKey string = replace('${newGuid()}${newGuid()}', '-', '')
@secure()
param hostKey string = replace('${newGuid()}${newGuid()}', '-', '')
@secure()
param functionKey string = replace('${newGuid()}${newGuid()}', '-', '')
@secure()
param blobsKey string = replace('${newGuid()}${newGuid()}', '-', '')

var access = privateNetworking ? 'Disabled' : 'Enabled'
var otherwise = privateNetworking ? 'Deny' : 'Allow'

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    // The least: for so long nobody can make a vault of the same name, as azd up after azd down would.
    softDeleteRetentionInDays: 7
    enablePurgeProtection: true
    // The release hands the webhook's key to Event Grid without showing it to anybody.
    enabledForTemplateDeployment: true
    publicNetworkAccess: access
    networkAcls: { defaultAction: otherwise, bypass: 'AzureServices' }
  }
}

@onlyIfNotExists()
resource organiser 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  parent: vault
  name: 'organiser-key'
  properties: { value: organiserKey, contentType: 'text/plain' }
}

// The host looks its keys up under these names and makes those that are missing, for which it would need a right to
// write. `-095` is how it spells an underscore.
@onlyIfNotExists()
resource master 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  parent: vault
  name: 'host--masterKey--master'
  properties: { value: masterKey, contentType: 'text/plain' }
}

@onlyIfNotExists()
resource host 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  parent: vault
  name: 'host--functionKey--default'
  properties: { value: hostKey, contentType: 'text/plain' }
}

@onlyIfNotExists()
resource function 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  parent: vault
  name: 'function--http--default'
  properties: { value: functionKey, contentType: 'text/plain' }
}

// What Event Grid shows the blob trigger's webhook.
@onlyIfNotExists()
resource blobsExtension 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  parent: vault
  name: 'host--systemKey--blobs-095extension'
  properties: { value: blobsKey, contentType: 'text/plain' }
}

var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6'

resource read 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, reader, secretsUser)
  scope: vault
  properties: {
    description: 'Kanta reads the organiser\'s key, its host those of its webhooks.'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsUser)
    principalId: reader
    principalType: 'ServicePrincipal'
  }
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'logs'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        categoryGroup: 'audit'
        enabled: true
      }
    ]
  }
}

output id string = vault.id
