// The subscription itself; apart, since only a module's parameter takes a secret out of a vault.
param name string
@secure()
param key string

resource app 'Microsoft.App/containerApps@2025-07-01' existing = {
  name: '${name}-encode'
}

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: replace(name, '-', '')
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: name
}

var host = app.properties.configuration.ingress.fqdn

resource subscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'photos'
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    filter: {
      includedEventTypes: ['Microsoft.Storage.BlobCreated']
      subjectBeginsWith: '/blobServices/default/containers/photos/blobs/'
      isSubjectCaseSensitive: true
    }
    destination: {
      endpointType: 'WebHook'
      properties: {
        endpointUrl: 'https://${host}/runtime/webhooks/blobs?functionName=Host.Functions.encode_photo&code=${key}'
        maxEventsPerBatch: 100
        preferredBatchSizeInKilobytes: 64
        minimumTlsVersionAllowed: '1.2'
      }
    }
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }
    deadLetterWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: {
          resourceId: account.id
          blobContainerName: 'undelivered-events'
        }
      }
    }
  }
}
