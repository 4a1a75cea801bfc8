#!/bin/sh
# Replaces the provider's own token, in a job of the project that has it as the variable GITLAB_TOKEN.
set -eu

call() { # token method path field…
  token=$1 method=$2 path=$3
  shift 3
  {
    printf 'header = "PRIVATE-TOKEN: %s"\n' "$token"
    for field; do printf 'data = "%s"\n' "$field"; done
  } | curl --silent --show-error --fail --request "$method" --config - "$CI_API_V4_URL/$path"
}

expires_at=$(date -u -d "@$(($(date +%s) + 90 * 86400))" +%F)
secret=$(call "$GITLAB_TOKEN" POST personal_access_tokens/self/rotate "expires_at=$expires_at" | jq --raw-output .token)
for attempt in 1 2 3 4 5; do
  if call "$secret" PUT "projects/$CI_PROJECT_ID/variables/GITLAB_TOKEN" "value=$secret" >/dev/null; then
    echo "The new token ends on $expires_at."
    exit 0
  fi
  sleep "$attempt"
done
echo "The old token has ended and the new one could not be stored. Make another for the service account." >&2
exit 1
