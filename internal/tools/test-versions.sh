#!/usr/bin/env bash
# Runs the acceptance tests on the embedded GitLab as each version that it can
# be, and as the newest with every uncertain fact the other way round. CLIS
# names the Terraform and OpenTofu binaries to do that with, one after the
# other: CLIS="terraform-1.8 terraform-1.15 /opt/tofu"; without it, it is the
# one that the tests take. GITLABS="18.4 19.4" chooses among the versions. One
# line tells of each run; what a failing one said follows. Arguments go to
# "go test".
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

unset GITLAB_BASE_URL GITLAB_TOKEN CI_API_V4_URL
export JOBTOKEN_TEST_EVERY_KIND=1
mkdir -p build
log=build/test-versions.log
failed=0
mapfile -t packages < <(grep -rl --include='*_test.go' '^func TestAcc' internal | xargs -n1 dirname | sort -u | sed 's|^|./|')
read -ra clis <<<"${CLIS:-}"
read -ra gitlabs <<<"${GITLABS:-17.11 18.4 19.4 flipped}"

# choose takes a binary for the CLI of the tests, and sets its name.
choose() {
  local path
  path=$(command -v "$1") || { echo "$1 is no program." >&2; exit 1; }
  TF_ACC_TERRAFORM_PATH=$(realpath "$path")
  export TF_ACC_TERRAFORM_PATH
  # Terraform warns of a CLI configuration that is not there.
  cli=$(TF_CLI_CONFIG_FILE=/dev/null CHECKPOINT_DISABLE=1 "$path" version | head -n 1)
  unset TF_ACC_PROVIDER_NAMESPACE TF_ACC_PROVIDER_HOST
  if [[ $cli == OpenTofu* ]]; then
    export TF_ACC_PROVIDER_NAMESPACE=hashicorp TF_ACC_PROVIDER_HOST=registry.opentofu.org
  fi
}

# -count=1: the cache does not know which GitLab a result is about.
run() {
  local name=$1 start=$SECONDS result=ok
  export JOBTOKEN_TEST_GITLAB_VERSION=$2 JOBTOKEN_TEST_GITLAB_FLIPS=$3
  shift 3
  go test -count=1 -timeout 30m -v -run '^TestAcc' "$@" "${packages[@]}" >"$log" 2>&1 || result=FAILED failed=1
  printf '%-20s %-6s %4ss  %4s passed %3s skipped %3s failed\n' "$name" "$result" $((SECONDS - start)) \
    "$(grep -c '^ *--- PASS' "$log" || true)" "$(grep -c '^ *--- SKIP' "$log" || true)" "$(grep -c '^ *--- FAIL' "$log" || true)"
  [[ $result == ok ]] || grep -v -e '^=== ' -e '^ *--- PASS' "$log" || true
}

all() {
  local gitlab
  for gitlab in "${gitlabs[@]}"; do
    case $gitlab in
      flipped) run 'GitLab 19.4, flipped' 19.4 all "$@" ;;
      *) run "GitLab $gitlab" "$gitlab" '' "$@" ;;
    esac
  done
}

[[ ${#clis[@]} -gt 0 ]] || all "$@"
for program in "${clis[@]}"; do
  choose "$program"
  echo "$cli"
  all "$@"
done
exit "$failed"
