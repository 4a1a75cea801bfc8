#!/usr/bin/env bash
# Runs the acceptance tests on the embedded GitLab as each version that it can
# be, and as the newest with every uncertain fact the other way round. One line
# tells of each run; what a failing one said follows. Arguments go to "go test".
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

unset GITLAB_BASE_URL GITLAB_TOKEN CI_API_V4_URL
export JOBTOKEN_TEST_EVERY_KIND=1
mkdir -p build
log=build/test-versions.log
failed=0
mapfile -t packages < <(grep -rl --include='*_test.go' '^func TestAcc' internal | xargs -n1 dirname | sort -u | sed 's|^|./|')

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

run 'GitLab 17.11' 17.11 '' "$@"
run 'GitLab 18.4' 18.4 '' "$@"
run 'GitLab 19.4' 19.4 '' "$@"
run 'GitLab 19.4, flipped' 19.4 all "$@"
exit "$failed"
