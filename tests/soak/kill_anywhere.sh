#!/usr/bin/env bash
# A generation on the test scale, killed at random moments (KILL and TERM in turn) and run again until it is done: every
# decision, design and result must be that of a generation left alone. Usage: kill_anywhere.sh [KILLS]     (40)
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source=tests/tools/fixture.sh
source "$here/../tools/fixture.sh"
enter_fixture
kills=${1:-40} run=$GRADUS_SOURCE/slurm/run.sh
for exp in alone killed; do
  bin/new "$exp" --from tiny --set pretrain.gemm=mkl --quiet > /dev/null
  bin/prepare "$exp" --text text --quiet > /dev/null
done
bash "$run" alone --generations 1 2> alone.log
n=0
while [ "$n" -lt "$kills" ]; do
  bash "$run" killed --generations 1 2> killed.log &
  pid=$!
  sleep "$((RANDOM % 12 + 1)).$((RANDOM % 10))"
  if [ $((n % 2)) = 0 ]; then kill -KILL $pid 2> /dev/null || true; else kill -TERM $pid 2> /dev/null || true; fi
  code=0
  wait $pid || code=$?
  n=$((n + 1))
  echo "kill $n: code $code, $(tail -n 1 killed.log)"
  [ $code != 0 ] || break
done
bash "$run" killed --generations 1 2> killed.log
differing=0
while IFS= read -r file; do
  # Seconds and hosts differ; nothing else may.
  cmp -s <(grep -v seconds "alone/$file") <(grep -v seconds "killed/$file") || { echo "differs: $file"; differing=1; }
done < <(cd alone && find designs selected -name '*.yaml' -o -name '*.md' | sort)
left=$(find killed -name '.tmp-*')
[ -z "$left" ] || { echo "left behind: $left"; differing=1; }
echo "kill_anywhere: $n kills, $([ $differing = 0 ] && echo 'the same results' || echo 'other results')"
exit $differing
