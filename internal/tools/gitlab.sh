#!/usr/bin/env bash
# A throw-away GitLab for the acceptance tests.
#   gitlab.sh up VERSION PORT   start gitlab/gitlab-ce and print its variables
#   gitlab.sh down              stop and remove it
#   gitlab.sh wait              until GITLAB_BASE_URL answers to GITLAB_TOKEN
set -euo pipefail

name=jobtoken-gitlab
limit=900 # seconds; a first start takes three to eight minutes

say() { echo "$@" >&2; }

need_docker() {
  if ! command -v docker >/dev/null; then
    say "This needs docker: https://docs.docker.com/get-docker/"
    say "Without it, \"make testacc\" runs on the embedded GitLab."
    exit 1
  fi
  if ! docker info >/dev/null 2>&1; then
    say "docker is installed, but its daemon does not answer (docker info)."
    exit 1
  fi
}

# A token that works is the one sign that the database, the web server and the
# token itself are all there; the readiness endpoint answers localhost only.
await() {
  local start=$SECONDS
  until curl --fail --silent --max-time 10 --output /dev/null \
    --header "PRIVATE-TOKEN: $GITLAB_TOKEN" "$GITLAB_BASE_URL/api/v4/version"; do
    if ((SECONDS - start > limit)); then
      say "$GITLAB_BASE_URL did not answer within $limit seconds."
      exit 1
    fi
    sleep 5
  done
}

up() {
  local version=$1 port=$2 start=$SECONDS health
  need_docker
  if ! docker inspect "$name" >/dev/null 2>&1; then
    say "Starting GitLab CE $version; the first start takes some minutes."
    docker run --detach --name "$name" --shm-size 256m --publish "127.0.0.1:$port:$port" \
      --env GITLAB_OMNIBUS_CONFIG="external_url 'http://127.0.0.1:$port'; puma['worker_processes'] = 0; prometheus_monitoring['enable'] = false" \
      "gitlab/gitlab-ce:$version-ce.0" >&2
  fi
  until health=$(docker inspect --format '{{.State.Status}} {{.State.Health.Status}}' "$name") &&
    [[ $health == "running healthy" ]]; do
    if [[ $health != running* ]]; then
      say "The container stopped: docker logs $name"
      exit 1
    fi
    if ((SECONDS - start > limit)); then
      say "GitLab was not healthy within $limit seconds: docker logs $name"
      exit 1
    fi
    sleep 5
  done

  say "Creating a token for root."
  GITLAB_BASE_URL="http://$(docker port "$name" | sed -n 's/.* -> //p' | head -n 1)"
  GITLAB_TOKEN=$(docker exec "$name" gitlab-rails runner \
    'puts User.find_by_username("root").personal_access_tokens.create!(name: "acceptance tests", scopes: [:api], expires_at: 7.days.from_now).token' |
    tail -n 1)
  await
  printf 'export GITLAB_BASE_URL=%s\nexport GITLAB_TOKEN=%s\n' "$GITLAB_BASE_URL" "$GITLAB_TOKEN"
}

case ${1:-} in
up) up "$2" "$3" ;;
down)
  need_docker
  docker rm --force --volumes "$name" >&2
  ;;
wait) await ;;
*)
  sed -n '2,5s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
  ;;
esac
