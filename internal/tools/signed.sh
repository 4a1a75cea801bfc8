#!/usr/bin/env bash
# signed.sh KEYFILE FINGERPRINT SIGNATURE FILE
# Fails unless the file is signed by the key of that fingerprint. The key file holds
# that key; what else it holds is not trusted.
set -euo pipefail

keys=$1 fingerprint=$2 signature=$3 file=$4
ring=$(mktemp -d)
trap 'rm -rf "$ring"' EXIT

gpg --homedir "$ring" --batch --quiet --import "$keys"
# The last field of VALIDSIG is the fingerprint of the primary key, also where a subkey has signed.
if ! gpg --homedir "$ring" --batch --status-fd 1 --verify "$signature" "$file" 2>/dev/null |
  grep --quiet "^\[GNUPG:\] VALIDSIG .*\b$fingerprint\$"; then
  echo "$file is not signed by $fingerprint." >&2
  exit 1
fi
echo "$file is signed by $fingerprint."
