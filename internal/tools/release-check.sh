#!/usr/bin/env bash
# Makes a release of what is committed, twice and without publishing it, and checks
# that both are the same to the byte and have the form that the registries read.
# The argument is the version. PLATFORMS ("linux_amd64 windows_arm64") builds these alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

version=$1
root=$PWD
# Whoever commits meanwhile must not give the second build other sources.
commit=$(git rev-parse HEAD)
work=$root/build/release-check
chmod -R u+w "$work" 2>/dev/null || true
rm -rf "$work"
mkdir -p "$work"

go build -modfile=internal/tools/go.mod -o "$work/goreleaser" github.com/goreleaser/goreleaser/v2
"$work/goreleaser" check

# Builds in a folder, with a cache.
release() {
  git clone --quiet --no-checkout . "$1"
  git -C "$1" switch --quiet --detach "$commit"
  git -C "$1" -c tag.gpgSign=false tag --force "v$version"
  if [[ -n ${PLATFORMS:-} ]]; then
    awk -v platforms="$PLATFORMS" '
      /^    goos:/ { skip = 1; print "    targets:"; n = split(platforms, p, " "); for (i = 1; i <= n; i++) print "      - " p[i] }
      /^    # The Terraform registry prescribes/ { skip = 0 }
      !skip' "$1/.goreleaser.yml" >"$1.yml"
  else
    cp "$1/.goreleaser.yml" "$1.yml"
  fi
  (
    cd "$1"
    GOCACHE=$2 "$work/goreleaser" release --config "$1.yml" --clean --skip=publish,sign,sbom
    # goreleaser uploads the manifest under this name, and leaves no copy of it.
    cp terraform-registry-manifest.json "build/dist/terraform-provider-jobtoken_${version}_manifest.json"
  )
}

release "$work/one" "$(go env GOCACHE)"
release "$work/another/folder" "$work/cache"
rm -rf "$work/cache"
partial=()
[[ -z ${PLATFORMS:-} ]] || partial=(-partial)
go run ./internal/release "${partial[@]}" "$version" "$work/one/build/dist" "$work/another/folder/build/dist"
