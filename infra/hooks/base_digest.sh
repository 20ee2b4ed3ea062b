#!/bin/sh
# The digest of the Functions base image as it is in Microsoft's registry now. What a release was built on stays with it;
# to build on a certain one set KANTA_BASE_DIGEST.
set -eu
accept='Accept: application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.v2+json'
curl --fail --silent --show-error --head --max-time 30 --header "$accept" \
    https://mcr.microsoft.com/v2/azure-functions/python/manifests/4-python3.12 |
    tr -d '\r' | awk 'tolower($1) == "docker-content-digest:" { print $2; found = 1 } END { exit !found }'
