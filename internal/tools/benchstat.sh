#!/usr/bin/env bash
# The Go benchmarks of this tree and of the last release (BASE: another commit), run in turns on this
# machine, and compared by benchstat. Without a release before this commit, only this tree's numbers.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

rounds=${ROUNDS:-6}
base=${BASE:-$(git describe --tags --abbrev=0 --match 'v[0-9]*' HEAD^ 2>/dev/null || true)}
work=$PWD/build/benchstat
rm -rf "$work"
mkdir -p "$work"

# measure TREE FILE: the benchmarks of a tree, added to a file.
measure() {
  (
    cd "$1"
    mapfile -t packages < <(grep -rl --include='*_test.go' '^func Benchmark' internal | xargs -r -n1 dirname | sort -u | sed 's|^|./|')
    if ((${#packages[@]} > 0)); then
      go test -run '^$' -bench . -benchtime 100ms "${packages[@]}"
    fi
  ) >>"$2"
}

touch "$work/base.txt"
if [[ -n $base ]]; then
  mkdir "$work/tree"
  git archive "$base" | tar -x -C "$work/tree"
fi
for ((round = 0; round < rounds; round++)); do
  if [[ -n $base ]]; then
    measure "$work/tree" "$work/base.txt"
  fi
  measure . "$work/this.txt"
done

benchstat() { go tool -modfile=internal/tools/go.mod benchstat "$@"; }
if grep -q '^Benchmark' "$work/base.txt"; then
  benchstat "$base=$work/base.txt" "this=$work/this.txt"
else
  echo "There are no benchmarks of ${base:-a release} to compare with: the numbers of this tree."
  benchstat "this=$work/this.txt"
fi | tee "$work/comparison.txt"
