// What wakes somebody up, and what they look at then. Metrics and spans have their names in kanta_core/telemetry/names.py.
param name string
param location string
param tags object
param workspaceId string
param appInsightsId string
param actionGroupId string

var rules = [
  {
    id: 'down'
    says: 'Kanta answers nobody, seen from two places outside: the app http, its database or its storage is down.'
    query: 'AppAvailabilityResults | where Success == false | summarize found = dcount(Location)'
    over: 1
    severity: 0
    every: 'PT5M'
    within: 'PT15M'
  }
  {
    id: 'poison'
    says: 'Photos, exports or messages were given up after five tries. docs/troubleshooting.md tells what to do.'
    query: 'AppMetrics | where Name == "kanta.poison" or (Name == "kanta.queue.length" and tostring(Properties["queue"]) endswith "-poison") | summarize found = sum(Sum)'
    over: 0
    severity: 1
    every: 'PT5M'
    within: 'PT15M'
  }
  {
    id: 'pending'
    says: 'A photo has been waiting for more than 15 minutes.'
    query: 'AppMetrics | where Name == "kanta.pending.age" | summarize found = max(Sum)'
    over: 900
    severity: 2
    every: 'PT5M'
    within: 'PT15M'
  }
  {
    id: 'errors'
    says: 'Requests end in errors of the server. Each answer has the id of its request, and so have log lines and spans.'
    query: 'AppRequests | where isnotempty(Properties["kanta.request"]) and toint(ResultCode) >= 500 | summarize found = sum(ItemCount)'
    over: 4
    severity: 1
    every: 'PT5M'
    within: 'PT15M'
  }
  {
    id: 'silence'
    says: 'Nobody has measured how long photos wait: the sweep does not run, or telemetry does not arrive.'
    query: 'AppMetrics | where Name == "kanta.pending.age" | summarize found = iff(count() == 0, 1, 0)'
    over: 0
    severity: 2
    every: 'PT15M'
    within: 'PT30M'
  }
]

resource alerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for rule in rules: {
  name: '${name}-${rule.id}'
  location: location
  tags: tags
  properties: {
    displayName: 'Kanta: ${rule.id}'
    description: rule.says
    severity: rule.severity
    enabled: true
    autoMitigate: true
    scopes: [workspaceId]
    evaluationFrequency: rule.every
    windowSize: rule.within
    // The tables are there once the first row is.
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: rule.query
          timeAggregation: 'Maximum'
          metricMeasureColumn: 'found'
          operator: 'GreaterThan'
          threshold: rule.over
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: { actionGroups: [actionGroupId] }
  }
}]

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, name)
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Kanta'
    category: 'workbook'
    sourceId: appInsightsId
    serializedData: replace(loadTextContent('../workbook.json'), '<workspace>', workspaceId)
  }
}
