// What stays between releases. What a release changes is in release/; infra/README.md has the map and the reasons.
targetScope = 'subscription'

@description('Names the deployment, as azd does: letters, digits and hyphens.')
@minLength(1)
@maxLength(40)
param environmentName string

@description('The region of everything.')
param location string

@description('Which of sizes/ it is.')
@allowed(['small', 'large'])
param size string = 'small'

@description('Whether the database, the secrets and Kanta\'s own way to the photos stay inside a virtual network.')
param privateNetworking bool = false

@description('Where guests find Kanta when that is not the address that Azure gives, as in https://photos.example.')
param publicUrl string = ''

@description('Origins of other pages that may ask Kanta, separated by commas.')
param corsOrigins string = ''

@description('Who is told when something is wrong or dear, separated by commas.')
param alertEmails string = ''

@description('What a month may cost, in the currency of the subscription, before somebody is told. 0: nobody is.')
param monthlyBudget int = 0

@description('The first day of the month in which the budget begins. Azure takes no past one, and lets it be set once only. Empty: there is no budget.')
param budgetStart string = ''

var sizes = {
  small: loadJsonContent('sizes/small.json')
  large: loadJsonContent('sizes/large.json')
}
var its = sizes[size]
var name = 'kanta-${uniqueString(subscription().id, environmentName, location)}'
// Registries and storage accounts have no hyphens in their names.
var bare = replace(name, '-', '')
var tags = { 'azd-env-name': environmentName }
var receivers = [for email in split(alertEmails, ','): trim(email)]
var emails = filter(receivers, email => !empty(email))
// Of what is given as a page's address only scheme, host and port: storage compares it with what browsers send.
var pages = [for page in split(corsOrigins, ','): join(take(split(trim(page), '/'), 3), '/')]

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: { name: name, location: location, tags: tags }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    name: name
    location: location
    tags: tags
    days: its.logs.days
    dailyGb: its.logs.dailyGb
    emails: emails
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    name: name
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    appInsightsId: monitoring.outputs.insightsId
    actionGroupId: monitoring.outputs.actionGroupId
  }
}

module network 'modules/network.bicep' = if (privateNetworking) {
  name: 'network'
  scope: group
  params: { name: name, location: location, tags: tags }
}

module environment 'modules/environment.bicep' = {
  name: 'environment'
  scope: group
  params: {
    name: name
    location: location
    tags: tags
    zoneRedundant: privateNetworking && its.environment.zoneRedundant
    subnetId: privateNetworking ? network!.outputs.appsId : ''
    workspaceId: monitoring.outputs.workspaceId
  }
}

var httpAddress = 'https://${name}-http.${environment.outputs.domain}'
var address = empty(publicUrl) ? httpAddress : publicUrl

module registry 'modules/registry.bicep' = {
  name: 'registry'
  scope: group
  params: {
    name: bare
    location: location
    tags: tags
    sku: its.registry.sku
    puller: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    name: bare
    location: location
    tags: tags
    sku: its.storage.sku
    undeleteDays: its.storage.undeleteDays
    origins: concat([join(take(split(address, '/'), 3), '/')], filter(pages, page => !empty(page)))
    user: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
  }
}

module events 'modules/events.bicep' = {
  name: 'events'
  scope: group
  params: {
    name: name
    location: location
    tags: tags
    storageName: storage.outputs.name
    workspaceId: monitoring.outputs.workspaceId
  }
}

module vault 'modules/vault.bicep' = {
  name: 'vault'
  scope: group
  params: {
    name: name
    location: location
    tags: tags
    privateNetworking: privateNetworking
    reader: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
  }
}

module database 'modules/database.bicep' = {
  name: 'database'
  scope: group
  params: {
    name: name
    location: location
    tags: tags
    sku: its.database.sku
    tier: its.database.tier
    storageGb: its.database.storageGb
    highAvailability: its.database.highAvailability
    backupDays: its.database.backupDays
    geoRedundantBackup: its.database.geoRedundantBackup
    privateNetworking: privateNetworking
    administratorId: identity.outputs.principalId
    administratorName: identity.outputs.name
    workspaceId: monitoring.outputs.workspaceId
  }
}

module endpoints 'modules/endpoints.bicep' = if (privateNetworking) {
  name: 'endpoints'
  scope: group
  params: {
    name: name
    location: location
    tags: tags
    networkId: network!.outputs.networkId
    subnetId: network!.outputs.endpointsId
    storageId: storage.outputs.id
    vaultId: vault.outputs.id
    databaseId: database.outputs.id
  }
}

module budget 'modules/budget.bicep' = if (monthlyBudget > 0 && !empty(budgetStart)) {
  name: 'budget'
  scope: group
  params: {
    name: name
    amount: monthlyBudget
    start: budgetStart
    emails: emails
    actionGroupId: monitoring.outputs.actionGroupId
  }
}

output AZURE_RESOURCE_GROUP string = group.name
output KANTA_NAME string = name
output KANTA_REGISTRY string = registry.outputs.name
output KANTA_URL string = address
