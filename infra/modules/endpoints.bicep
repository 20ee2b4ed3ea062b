// The private way to what Kanta uses: an address inside the network, and the name that leads to it.
param name string
param location string
param tags object
param networkId string
param subnetId string
param storageId string
param vaultId string
param databaseId string

var ways = [
  {
    part: 'blob'
    id: storageId
    zone: 'privatelink.blob.${environment().suffixes.storage}'
  }
  {
    part: 'queue'
    id: storageId
    zone: 'privatelink.queue.${environment().suffixes.storage}'
  }
  {
    part: 'vault'
    id: vaultId
    zone: 'privatelink.vaultcore.azure.net'
  }
  {
    part: 'postgresqlServer'
    id: databaseId
    zone: 'privatelink.postgres.database.azure.com'
  }
]

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [for way in ways: {
  name: way.zone
  location: 'global'
  tags: tags
}]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [for (way, i) in ways: {
  parent: zones[i]
  name: name
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: { id: networkId }
  }
}]

// One account takes one new endpoint at a time.
@batchSize(1)
resource endpoints 'Microsoft.Network/privateEndpoints@2024-07-01' = [for way in ways: {
  name: '${name}-${way.part}'
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      {
        name: way.part
        properties: {
          privateLinkServiceId: way.id
          groupIds: [way.part]
        }
      }
    ]
  }
}]

resource names 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-07-01' = [for (way, i) in ways: {
  parent: endpoints[i]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: way.part
        properties: { privateDnsZoneId: zones[i].id }
      }
    ]
  }
}]
