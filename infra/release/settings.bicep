// What every process of Kanta is told: the apps and the migration job. docs/settings.md says what each setting means.
// The names of all resources follow from one: see main.bicep.
param name string
@allowed(['small', 'large'])
param size string
param publicUrl string
param corsOrigins string

var bare = replace(name, '-', '')
var sizes = {
  small: loadJsonContent('../sizes/small.json')
  large: loadJsonContent('../sizes/large.json')
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: name
}

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: bare
}

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' existing = {
  name: name
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: name
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: name
}

resource environment 'Microsoft.App/managedEnvironments@2025-07-01' existing = {
  name: name
}

var pooled = sizes[size].database.tier != 'Burstable'
var address = empty(publicUrl) ? 'https://${name}-http.${environment.properties.defaultDomain}' : publicUrl

output address string = address

output secrets array = [
  {
    name: 'organiser-key'
    keyVaultUrl: '${vault.properties.vaultUri}secrets/organiser-key'
    identity: identity.id
  }
]

// Who Kanta is, and what it must know to start.
output shared array = [
  { name: 'AZURE_CLIENT_ID', value: identity.properties.clientId }
  { name: 'AzureWebJobsStorage__blobServiceUri', value: account.properties.primaryEndpoints.blob }
  { name: 'AzureWebJobsStorage__queueServiceUri', value: account.properties.primaryEndpoints.queue }
  { name: 'AzureWebJobsStorage__credential', value: 'managedidentity' }
  { name: 'AzureWebJobsStorage__clientId', value: identity.properties.clientId }
  { name: 'POSTGRES_SERVER', value: server.properties.fullyQualifiedDomainName }
  { name: 'POSTGRES_USER', value: identity.name }
  { name: 'POSTGRES_DB', value: 'kanta' }
  { name: 'POSTGRES_SSLMODE', value: 'verify-full' }
  { name: 'KANTA_DATABASE_SIGN_IN', value: 'identity' }
  { name: 'KANTA_ACCESS', value: 'closed' }
  { name: 'KANTA_ORGANISER_KEY', secretRef: 'organiser-key' }
  { name: 'KANTA_PUBLIC_URL', value: address }
  { name: 'KANTA_CORS_ORIGINS', value: corsOrigins }
]

// Migrations hold locks over many transactions, which a pooler would take from them.
output straight array = [
  { name: 'POSTGRES_PORT', value: '5432' }
  { name: 'KANTA_DATABASE_POOLER', value: 'false' }
]

output served array = [
  { name: 'POSTGRES_PORT', value: pooled ? '6432' : '5432' }
  { name: 'KANTA_DATABASE_POOLER', value: string(pooled) }
  { name: 'KANTA_BLOB_SOURCE', value: 'event-grid' }
  { name: 'KANTA_RECLUSTER_SCHEDULE', value: '*/5 * * * * *' }
  { name: 'KANTA_SWEEP_SCHEDULE', value: '0 */5 * * * *' }
  { name: 'KANTA_WEBHOOK_SCHEDULE', value: '*/15 * * * * *' }
  { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: insights.properties.ConnectionString }
  { name: 'FUNCTIONS_WORKER_RUNTIME', value: 'python' }
  // The host reads its keys in the vault, where modules/vault.bicep made them.
  { name: 'AzureWebJobsSecretStorageType', value: 'keyvault' }
  { name: 'AzureWebJobsSecretStorageKeyVaultUri', value: vault.properties.vaultUri }
  { name: 'AzureWebJobsSecretStorageKeyVaultClientId', value: identity.properties.clientId }
  { name: 'OPENBLAS_NUM_THREADS', value: '1' }
]
