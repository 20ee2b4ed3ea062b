// One image, three apps: what answers people, what encodes photos, and what goes on behind. Each has the functions of
// one kind of work, all others disabled, and grows by itself: a marathon's photos slow down no page.
param name string
param location string = resourceGroup().location
@allowed(['small', 'large'])
param size string
param publicUrl string
param corsOrigins string
param image string
@description('Settings that shall differ from their defaults, as a JSON object, as in {"KANTA_BLOB_URL_MINUTES": "30"}.')
param extraSettings string = '{}'
@description('What custom domains are bound to the app http, as Azure tells them.')
param customDomains array = []

var sizes = {
  small: loadJsonContent('../sizes/small.json')
  large: loadJsonContent('../sizes/large.json')
}
var its = sizes[size]

// Every function of function_app.py is in one app and in no other.
var httpFunctions = ['http']
var encodeFunctions = [
  'encode_photo'
  'encode_queued'
  'photo_given_up'
  'queued_photo_given_up'
]
var reclusterFunctions = [
  'take_in_drops'
  'find_changed_events'
  'recluster_event'
  'write_export'
  'export_given_up'
  'find_notices'
  'deliver_webhook'
  'sweep_storage'
]
var allFunctions = concat(httpFunctions, encodeFunctions, reclusterFunctions)

// A queue wakes and grows the app that empties it.
var encodeQueues = [
  'azure-webjobs-blobtrigger-kanta-encode'
  'kanta-encode'
  'webjobs-blobtrigger-poison'
  'kanta-encode-poison'
]
var reclusterQueues = [
  'kanta-take-in'
  'kanta-recluster'
  'kanta-export'
  'kanta-export-poison'
  'kanta-webhook'
]

var extra = json(extraSettings)

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: name
}

module settings 'settings.bicep' = {
  name: 'apps-settings'
  params: { name: name, size: size, publicUrl: publicUrl, corsOrigins: corsOrigins }
}

module http 'app.bicep' = {
  name: 'http'
  params: {
    name: name
    work: 'http'
    location: location
    image: image
    its: its.http
    functions: httpFunctions
    allFunctions: allFunctions
    requests: its.http.perReplica
    external: true
    // A revision that reaches no database and no storage takes no traffic.
    startsAt: '/system/health'
    customDomains: customDomains
    secrets: settings.outputs.secrets
    settings: concat(settings.outputs.shared, settings.outputs.served)
    extra: extra
  }
}

module encode 'app.bicep' = {
  name: 'encode'
  params: {
    name: name
    work: 'encode'
    location: location
    image: image
    its: its.encode
    functions: encodeFunctions
    allFunctions: allFunctions
    queues: encodeQueues
    messages: its.encode.perReplica
    // Event Grid comes from outside, with a key, and wakes the app: its queue is filled by the app itself.
    requests: its.http.perReplica
    external: true
    startsAt: '/admin/host/ping'
    secrets: settings.outputs.secrets
    settings: concat(settings.outputs.shared, settings.outputs.served)
    extra: extra
  }
}

module recluster 'app.bicep' = {
  name: 'recluster'
  params: {
    name: name
    work: 'recluster'
    location: location
    image: image
    its: its.recluster
    functions: reclusterFunctions
    allFunctions: allFunctions
    queues: reclusterQueues
    messages: its.recluster.perReplica
    external: false
    startsAt: '/admin/host/ping'
    secrets: settings.outputs.secrets
    settings: concat(settings.outputs.shared, settings.outputs.served)
    extra: extra
  }
}

var address = settings.outputs.address
var health = endsWith(address, '/') ? '${address}system/health' : '${address}/system/health'

// Who asks from outside, as an app that is down tells nobody. It is made with the apps: there is nothing to ask before.
resource seen 'Microsoft.Insights/webtests@2022-06-15' = {
  name: '${name}-health'
  location: location
  tags: { 'hidden-link:${insights.id}': 'Resource' }
  kind: 'standard'
  dependsOn: [http]
  properties: {
    SyntheticMonitorId: '${name}-health'
    Name: 'Kanta answers'
    Enabled: true
    Kind: 'standard'
    // Each question costs; two places, so that one's trouble with its network wakes nobody.
    Frequency: 600
    Timeout: 30
    RetryEnabled: true
    Locations: [
      { Id: 'emea-nl-ams-azr' }
      { Id: 'us-va-ash-azr' }
    ]
    Request: { RequestUrl: health, HttpVerb: 'GET', ParseDependentRequests: false }
    ValidationRules: { ExpectedHttpStatusCode: 200, SSLCheck: true, SSLCertRemainingLifetimeCheck: 7 }
  }
}
