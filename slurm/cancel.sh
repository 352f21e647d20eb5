#!/usr/bin/env bash
# Cancels what Slurm has of an experiment: the driver and its arrays, your own jobs only. Training checkpoints first; the
# same submission goes on later. Usage: slurm/cancel.sh EXP
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source=slurm/queue.sh
source "$here/queue.sh"
exp=${1:-}
if [ $# != 1 ] || [ ! -e "$exp/experiment.yaml" ]; then
  sed -n '2,/^set/s/^# //p' "$0" >&2
  exit 2
fi
key=$(key_of "$exp") n=0 quiet=0
# Drivers first, and again until nothing is left twice: one may have been submitting.
while [ $quiet -lt 2 ]; do
  queued=$(queue '%F %j' -u "$(id -un)")  # code 75 where Slurm does not answer
  mapfile -t jobs < <(awk -v key="$key" 'index($2, key) == 1 { print $2 == key ? 0 : 1, $1 }' <<< "$queued" |
    sort -u | cut -d ' ' -f 2)
  if [ ${#jobs[@]} = 0 ]; then quiet=$((quiet + 1)); else quiet=0; n=$((n + ${#jobs[@]})); scancel "${jobs[@]}" || true; fi
  sleep 1
done
echo "cancel: $n jobs of '$exp'; submit again and it goes on" >&2
