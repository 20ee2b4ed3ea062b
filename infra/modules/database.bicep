// PostgreSQL with pgvector. Whoever signs in does so with an identity; there are no passwords.
param name string
param location string
param tags object
param sku string
@allowed(['Burstable', 'GeneralPurpose', 'MemoryOptimized'])
param tier string
param storageGb int
@allowed(['Disabled', 'SameZone', 'ZoneRedundant'])
param highAvailability string
param backupDays int
@allowed(['Disabled', 'Enabled'])
param geoRedundantBackup string
param privateNetworking bool
param administratorId string
param administratorName string
param workspaceId string

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: sku, tier: tier }
  properties: {
    version: '18'
    authConfig: {
      activeDirectoryAuth: 'Enabled'
      passwordAuth: 'Disabled'
      tenantId: tenant().tenantId
    }
    storage: { storageSizeGB: storageGb, autoGrow: 'Enabled' }
    backup: { backupRetentionDays: backupDays, geoRedundantBackup: geoRedundantBackup }
    highAvailability: { mode: highAvailability }
    network: { publicNetworkAccess: privateNetworking ? 'Disabled' : 'Enabled' }
    maintenanceWindow: { customWindow: 'Enabled', dayOfWeek: 2, startHour: 4, startMinute: 0 }
  }
}

// One after the other: the server takes one change at a time.
resource administrator 'Microsoft.DBforPostgreSQL/flexibleServers/administrators@2025-08-01' = {
  parent: server
  name: administratorId
  properties: {
    principalName: administratorName
    principalType: 'ServicePrincipal'
    tenantId: tenant().tenantId
  }
}

resource database 'Microsoft.DBforPostgreSQL/flexibleServers/databases@2025-08-01' = {
  parent: server
  name: 'kanta'
  properties: { charset: 'UTF8', collation: 'en_US.utf8' }
  dependsOn: [administrator]
}

resource extensions 'Microsoft.DBforPostgreSQL/flexibleServers/configurations@2025-08-01' = {
  parent: server
  name: 'azure.extensions'
  properties: { value: 'VECTOR', source: 'user-override' }
  dependsOn: [database]
}

// What Kanta asks of its sessions itself where no pooler is in between: a pooler takes no such wishes. Whoever needs
// longer says so, as pg_dump and the migrations do.
resource timeout 'Microsoft.DBforPostgreSQL/flexibleServers/configurations@2025-08-01' = {
  parent: server
  name: 'statement_timeout'
  properties: { value: '60000', source: 'user-override' }
  dependsOn: [extensions]
}

resource jit 'Microsoft.DBforPostgreSQL/flexibleServers/configurations@2025-08-01' = {
  parent: server
  name: 'jit'
  properties: { value: 'off', source: 'user-override' }
  dependsOn: [timeout]
}

// Burstable servers have none.
resource pooler 'Microsoft.DBforPostgreSQL/flexibleServers/configurations@2025-08-01' = if (tier != 'Burstable') {
  parent: server
  name: 'pgbouncer.enabled'
  properties: { value: 'true', source: 'user-override' }
  dependsOn: [jit]
}

// Kanta's apps have no address of their own outside a virtual network. It lets in whatever runs in Azure and signs in.
resource azure 'Microsoft.DBforPostgreSQL/flexibleServers/firewallRules@2025-08-01' = if (!privateNetworking) {
  parent: server
  name: 'azure'
  properties: { startIpAddress: '0.0.0.0', endIpAddress: '0.0.0.0' }
  dependsOn: [pooler, jit]
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'logs'
  scope: server
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        categoryGroup: 'allLogs'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}

output id string = server.id
