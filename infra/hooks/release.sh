#!/bin/sh
# Releases this checkout, or the image that KANTA_IMAGE names, to what main.bicep made:
#
#   azd up                          provisions, then runs this
#   azd hooks run postprovision     runs this alone
#   KANTA_IMAGE=…@sha256:… azd hooks run postprovision     goes back to an image from before
#
# In this order: the image, the migrations (waited for: when they fail, nothing has changed but the image's being there),
# the apps, how they grow, Event Grid's subscription. Ends with 1 and a sentence at the first thing that goes wrong.
set -eu

: "${AZURE_SUBSCRIPTION_ID:?is set by azd: run azd provision}"
: "${AZURE_RESOURCE_GROUP:?is set by azd from the outputs of main.bicep: run azd provision}"
: "${KANTA_NAME:?is set by azd from the outputs of main.bicep: run azd provision}"
: "${KANTA_REGISTRY:?is set by azd from the outputs of main.bicep: run azd provision}"

group=$AZURE_RESOURCE_GROUP
infra=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
root=${infra%/infra}
apps=https://management.azure.com/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/$group/providers/Microsoft.App/containerApps
apps_version=2026-03-02-preview         # as in release/app.bicep
pause=${KANTA_RELEASE_PAUSE:-10}
migration_seconds=${KANTA_MIGRATION_SECONDS:-1800}
revision_seconds=${KANTA_REVISION_SECONDS:-900}

say() { printf '%s\n' "$*"; }
fail() {
    printf '%s\n' "release: $*" >&2
    exit 1
}
now() { date +%s; }
# az has a subscription of its own, which need not be azd's.
az() { command az "$@" --subscription "$AZURE_SUBSCRIPTION_ID"; }
# az walks all of what it is given before it leaves out what .dockerignore says, and a running Kanta's files come and go.
gather() {
    mkdir -p "$root/.local" && context=$(mktemp -d "$root/.local/image.XXXXXX") || return 1
    trap 'rm -rf "$context"' EXIT
    trap 'exit 1' HUP INT TERM
    for path in Dockerfile .dockerignore $(sed -n 's/^!//p' "$root/.dockerignore"); do
        mkdir -p "$context/$(dirname "$path")" && cp -R "$root/$path" "$context/$path" || return 1
    done
}

# The image, by its digest: what is migrated for is what runs, whoever pushes the same tag meanwhile.
if [ -n "${KANTA_IMAGE:-}" ]; then
    image=$KANTA_IMAGE
else
    base=${KANTA_BASE_DIGEST:-$("$infra/hooks/base_digest.sh")} || fail "which base image to build on is not known"
    tag=$(git -C "$infra" describe --always --dirty --abbrev=12 2>/dev/null) || tag=$(date -u +%Y%m%d%H%M%S)
    gather || fail "the files of the image could not be gathered"
    say "building kanta:$tag in the registry, on the base image $base (dlib is compiled: a quarter of an hour)"
    az acr build --registry "$KANTA_REGISTRY" --image "kanta:$tag" --build-arg "BASE_DIGEST=$base" \
        --timeout 5400 --only-show-errors --output none "$context" || fail "the image could not be built"
    digest=$(az acr repository show --name "$KANTA_REGISTRY" --image "kanta:$tag" --query digest --output tsv)
    server=$(az acr show --name "$KANTA_REGISTRY" --query loginServer --output tsv)
    image=$server/kanta@$digest
fi
say "releasing $image"

set -- "name=$KANTA_NAME" "size=${KANTA_SIZE:-small}" "publicUrl=${KANTA_PUBLIC_URL:-}" \
    "corsOrigins=${KANTA_CORS_ORIGINS:-}" "image=$image"

deploy() {
    template=$1
    shift
    az deployment group create --resource-group "$group" --name "${template%.bicep}" --only-show-errors \
        --template-file "$infra/release/$template" --parameters "$@" --output none || fail "$template could not be deployed"
}

deploy migration.bicep "$@"

job=$KANTA_NAME-migrate
execution=$(az containerapp job start --resource-group "$group" --name "$job" --query name --output tsv) ||
    fail "the migration job could not be started"
say "waiting for the migrations ($execution)"
until=$(($(now) + migration_seconds))
while :; do
    status=$(az containerapp job execution show --resource-group "$group" --name "$job" \
        --job-execution-name "$execution" --query properties.status --output tsv) || status=unknown
    case $status in
    Succeeded) break ;;
    Failed | Stopped | Degraded)
        fail "the migrations ended as $status, and the apps were left as they are; why is in" \
            "az containerapp job logs show --subscription $AZURE_SUBSCRIPTION_ID -g $group -n $job --execution $execution --container migrate"
        ;;
    esac
    [ "$(now)" -lt "$until" ] || fail "the migrations ($execution) took more than $migration_seconds s: still $status"
    sleep "$pause"
done

# A template that doesn't name the custom domains takes them away: https://github.com/microsoft/azure-container-apps/issues/957
domains=$(az rest --method GET --url "$apps?api-version=$apps_version" --output json \
    --query "value[?name=='$KANTA_NAME-http'].properties.configuration.ingress.customDomains[]") ||
    fail "the custom domains are not known, and without them a release would take them away"
deploy apps.bicep "$@" "extraSettings=${KANTA_EXTRA_SETTINGS:-{\}}" "customDomains=${domains:-[]}"

# A template can't bring a function app's own scale rules, see release/app.bicep.
for work in http encode recluster; do
    rules=$(az deployment group show --resource-group "$group" --name "$work" \
        --query properties.outputs.rules.value --output json)
    az rest --method PATCH --only-show-errors --output none \
        --url "$apps/$KANTA_NAME-$work?api-version=$apps_version" \
        --body "{\"properties\":{\"template\":{\"scale\":{\"allowScalingRuleOverride\":true,\"rules\":$rules}}}}" ||
        fail "the app $work got no scale rules: it would stay as small as it is"
done

for work in http encode recluster; do
    say "waiting for the app $work"
    until=$(($(now) + revision_seconds))
    while :; do
        revisions=$(az containerapp show --resource-group "$group" --name "$KANTA_NAME-$work" --output tsv \
            --query "[properties.provisioningState, properties.latestRevisionName, properties.latestReadyRevisionName]") || revisions=
        # One to a line.
        # shellcheck disable=SC2086 # each word is a value
        set -- $revisions
        [ "${1:-}" = Succeeded ] && [ "${2:-}" = "${3:-none}" ] && break
        [ "$(now)" -lt "$until" ] ||
            fail "the app $work is not ready after $revision_seconds s; the revision before still serves. Why is in" \
                "az containerapp logs show --subscription $AZURE_SUBSCRIPTION_ID -g $group -n $KANTA_NAME-$work --type system"
        sleep "$pause"
    done
done

# Azure asks the encode app once, and soon, whether it wants the events, so this comes last and the app is woken for it.
host=$(az containerapp show --resource-group "$group" --name "$KANTA_NAME-encode" \
    --query properties.configuration.ingress.fqdn --output tsv) || fail "the address of the app encode is not known"
curl --fail --silent --show-error --output /dev/null --max-time 30 \
    --retry 20 --retry-all-errors --retry-delay 5 --retry-max-time 300 "https://$host/admin/host/ping" ||
    fail "the app encode does not answer, so Event Grid could not be told of it"
deploy subscription.bicep "name=$KANTA_NAME"

if [ "${KANTA_MONTHLY_BUDGET:-0}" != 0 ] && [ -z "${KANTA_BUDGET_START:-}" ]; then
    say "there is no budget: KANTA_MONTHLY_BUDGET wants KANTA_BUDGET_START, the first of this month"
fi
say "released: ${KANTA_URL:-$KANTA_NAME}"
