#!/usr/bin/env bash
# Runs the acceptance tests against GITLAB_BASE_URL with GITLAB_TOKEN. Without
# them it starts the embedded GitLab in a process of its own, which the tests
# then know by these two variables alone, as they would any other server.
# Arguments go to "go test".
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

start_emulator() {
  local ready=build/gitlab-emulator.json
  rm -f "$ready"
  go build -o build/ ./internal/emulator/cmd/gitlab-emulator
  build/gitlab-emulator -seed empty >"$ready" </dev/null &
  emulator=$!
  trap 'kill "$emulator" 2>/dev/null || true; wait "$emulator" 2>/dev/null || true' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM

  # It prints one line of JSON once it serves.
  local waited=0
  until [[ $(wc -l <"$ready") -ge 1 ]]; do
    if ! kill -0 "$emulator" 2>/dev/null || ((waited++ >= 300)); then
      echo "The embedded GitLab did not start." >&2
      exit 1
    fi
    sleep 0.1
  done
  GITLAB_BASE_URL=$(sed -n 's/.*"base_url": *"\([^"]*\)".*/\1/p' "$ready")
  GITLAB_TOKEN=$(sed -n 's/.*"admin_token": *"\([^"]*\)".*/\1/p' "$ready")
  if [[ -z $GITLAB_BASE_URL || -z $GITLAB_TOKEN ]]; then
    echo "The embedded GitLab named no address or no token: $ready" >&2
    exit 1
  fi
}

if [[ -z ${GITLAB_BASE_URL:-} && -z ${GITLAB_TOKEN:-} ]]; then
  start_emulator
  echo "Acceptance tests on the embedded GitLab at $GITLAB_BASE_URL"
elif [[ -z ${GITLAB_BASE_URL:-} || -z ${GITLAB_TOKEN:-} ]]; then
  echo "Set both GITLAB_BASE_URL and GITLAB_TOKEN, or neither." >&2
  exit 1
else
  echo "Acceptance tests on $GITLAB_BASE_URL"
fi
export GITLAB_BASE_URL GITLAB_TOKEN TF_ACC=1 JOBTOKEN_TEST_EVERY_KIND=1

# -count=1: a result from the cache says nothing about this server.
# One package after the other: they share the instance, and some change its settings.
go test -p 1 -count=1 -timeout 60m -run '^TestAcc' "$@" ./internal/...
