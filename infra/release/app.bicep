// One app: the functions of one kind of work, and by what it grows.
param name string
@description('The kind of work. The app\'s host has the id kanta-<work>, which names its blob trigger\'s queue.')
@allowed(['http', 'encode', 'recluster'])
param work string
param location string
param image string
@description('Of sizes/.')
param its object
param functions array
param allFunctions array
@description('Its queues: what wakes and grows it.')
param queues array = []
@description('How many messages each replica may have waiting before there is another.')
param messages string = ''
@description('How many requests each replica may have under way before there is another. Empty: requests wake nobody.')
param requests string = ''
param external bool
param customDomains array = []
@description('The path that answers 200 once a replica may take traffic.')
param startsAt string
param secrets array
param settings array
@description('Settings that take the place of those of the same name.')
param extra object

var bare = replace(name, '-', '')
var port = 8080

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: name
}

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' existing = {
  name: bare
}

resource environment 'Microsoft.App/managedEnvironments@2025-07-01' existing = {
  name: name
}

var others = filter(allFunctions, candidate => !contains(functions, candidate))
var disabled = [for function in others: {
  name: 'AzureWebJobs.${function}.Disabled'
  value: 'true'
}]
// The same once more: not every shell on the way into a container passes a name with dots on, and the host knows both.
var disabledOnLinux = [for function in others: {
  name: 'AzureWebJobs_${function}_Disabled'
  value: 'true'
}]

var own = concat(settings, disabled, disabledOnLinux, [
  { name: 'AzureFunctionsWebHost__hostid', value: 'kanta-${work}' }
  { name: 'OTEL_SERVICE_NAME', value: 'kanta-${work}' }
  { name: 'FUNCTIONS_WORKER_PROCESS_COUNT', value: its.processes }
  { name: 'PYTHON_THREADPOOL_THREAD_COUNT', value: its.threads }
  { name: 'KANTA_DATABASE_POOL_SIZE', value: its.connections }
])
var given = [for each in items(extra): { name: each.key, value: each.value }]

resource app 'Microsoft.App/containerApps@2026-03-02-preview' = {
  name: '${name}-${work}'
  location: location
  kind: 'functionapp'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    environmentId: environment.id
    workloadProfileName: 'Consumption'
    configuration: {
      // The old revision serves until the new one is ready. Two at once would take each other's messages.
      activeRevisionsMode: 'Single'
      maxInactiveRevisions: 5
      ingress: {
        external: external
        targetPort: port
        transport: 'auto'
        allowInsecure: false
        customDomains: customDomains
      }
      registries: [
        {
          server: registry.properties.loginServer
          identity: identity.id
        }
      ]
      secrets: secrets
    }
    template: {
      // As long as a photo or a part of an export may take once the replica is told to end.
      terminationGracePeriodSeconds: 300
      containers: [
        {
          name: 'kanta'
          image: image
          // Azure refuses two of one name.
          env: concat(filter(own, each => !contains(extra, each.name)), given)
          resources: { cpu: json(its.cpu), memory: its.memory }
          probes: [
            {
              type: 'Startup'
              httpGet: { path: startsAt, port: port }
              // Azure allows ten failures: the host, its workers and their imports have 110 s.
              initialDelaySeconds: 10
              periodSeconds: 10
              timeoutSeconds: 5
              failureThreshold: 10
            }
            {
              type: 'Readiness'
              httpGet: { path: '/admin/host/ping', port: port }
              periodSeconds: 10
              timeoutSeconds: 5
              failureThreshold: 3
            }
            {
              // Says nothing of the database: to start anew would not bring it back.
              type: 'Liveness'
              httpGet: { path: '/admin/host/ping', port: port }
              periodSeconds: 30
              timeoutSeconds: 10
              failureThreshold: 5
            }
          ]
        }
      ]
      scale: {
        minReplicas: its.least
        maxReplicas: its.most
      }
    }
  }
}

// The rules are sent by a PATCH after this template, with allowScalingRuleOverride: the only way that Azure documents.
// Those that it would derive from the triggers itself are no substitute: with a user-assigned identity it skips queues.
var queueRules = [for queue in queues: {
  name: queue
  custom: {
    type: 'azure-queue'
    identity: identity.id
    metadata: { accountName: bare, queueName: queue, queueLength: messages }
  }
}]
var httpRules = [
  {
    name: 'http'
    http: { metadata: { concurrentRequests: requests } }
  }
]

output rules array = concat(empty(requests) ? [] : httpRules, queueRules)
