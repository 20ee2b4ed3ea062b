// The job that brings the database to what the new image wants, and makes containers and queues that are missing.
// infra/hooks/release.sh runs it before any app sees the image.
param name string
param location string = resourceGroup().location
param size string
param publicUrl string
param corsOrigins string
param image string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: name
}

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' existing = {
  name: replace(name, '-', '')
}

resource environment 'Microsoft.App/managedEnvironments@2025-07-01' existing = {
  name: name
}

module settings 'settings.bicep' = {
  name: 'migration-settings'
  params: { name: name, size: size, publicUrl: publicUrl, corsOrigins: corsOrigins }
}

resource job 'Microsoft.App/jobs@2025-07-01' = {
  name: '${name}-migrate'
  location: location
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    environmentId: environment.id
    workloadProfileName: 'Consumption'
    configuration: {
      triggerType: 'Manual'
      manualTriggerConfig: { parallelism: 1, replicaCompletionCount: 1 }
      replicaTimeout: 1800
      // A migration that failed is looked at by somebody before it is tried again.
      replicaRetryLimit: 0
      registries: [
        {
          server: registry.properties.loginServer
          identity: identity.id
        }
      ]
      secrets: settings.outputs.secrets
    }
    template: {
      containers: [
        {
          name: 'migrate'
          image: image
          command: ['/bin/sh', '-c']
          args: ['python -m kanta_core.database.migrate up && python -m kanta_core.storage']
          env: concat(settings.outputs.shared, settings.outputs.straight)
          resources: { cpu: json('0.5'), memory: '1Gi' }
        }
      ]
    }
  }
}
