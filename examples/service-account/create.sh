#!/bin/sh
# Makes a service account, gives it a role and a token, and stores the token as a CI/CD variable.
#
# CI_API_V4_URL  such as https://gitlab.example.com/api/v4
# OWNER_TOKEN    of an Owner of the group, with the scope api
# GROUP, PROJECT ids, or paths with %2F for each slash: whose projects are managed, and whose pipeline does it
# ACCESS_LEVEL   40 is Maintainer; group tokens and group variables need 50, Owner
# EXPIRES_AT     the day on which the token ends, such as 2027-03-01
set -eu

call() { # token method path field…
  token=$1 method=$2 path=$3
  shift 3
  {
    printf 'header = "PRIVATE-TOKEN: %s"\n' "$token"
    for field; do printf 'data = "%s"\n' "$field"; done
  } | curl --silent --show-error --fail --request "$method" --config - "$CI_API_V4_URL/$path"
}

account=$(call "$OWNER_TOKEN" POST "groups/$GROUP/service_accounts" "name=Terraform" | jq --raw-output .id)
call "$OWNER_TOKEN" POST "groups/$GROUP/members" "user_id=$account" "access_level=$ACCESS_LEVEL" >/dev/null
secret=$(call "$OWNER_TOKEN" POST "groups/$GROUP/service_accounts/$account/personal_access_tokens" \
  "name=jobtoken provider" "scopes[]=api" "expires_at=$EXPIRES_AT" | jq --raw-output .token)
call "$OWNER_TOKEN" POST "projects/$PROJECT/variables" \
  "key=GITLAB_TOKEN" "value=$secret" "masked=true" "protected=true" "raw=true" >/dev/null
echo "Service account $account: its token is the variable GITLAB_TOKEN, and ends on $EXPIRES_AT."
