#!/usr/bin/env bash
# Builds the provider into the local mirror that "terraform init" and "tofu init"
# look into by themselves. The argument is the version that it gets.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

version=$1
platform=$(go env GOOS)_$(go env GOARCH)
case $platform in
windows_*) mirror=${APPDATA:?}/terraform.d/plugins suffix=.exe ;;
*) mirror=${HOME:?}/.terraform.d/plugins suffix='' ;;
esac

program=build/install/terraform-provider-jobtoken_v$version$suffix
CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$version" -o "$program" .
for registry in registry.terraform.io registry.opentofu.org; do
  folder=$mirror/$registry/jobtoken/jobtoken/$version/$platform
  mkdir -p "$folder"
  install -m 0755 "$program" "$folder/"
  echo "$folder/$(basename "$program")"
done
echo
echo "\"terraform init\" and \"tofu init\" find jobtoken/jobtoken $version there. A lock file from an earlier"
echo "build of that version knows another checksum: delete its jobtoken block."
