// Event Grid tells the encode app's blob trigger of every photo. Azure asks the app at once whether it wants that, so
// the app runs before.
param name string

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: name
}

module photos 'photos.bicep' = {
  name: 'photos'
  params: {
    name: name
    key: vault.getSecret('host--systemKey--blobs-095extension')
  }
}
