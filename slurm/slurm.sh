#!/usr/bin/env bash
# A launcher for Slurm, with the words of local.sh:
#   slurm.sh [--in FILE] [--out FILE] LOG COMMAND…             runs COMMAND here: a driver's job is on a node
#   slurm.sh --each FILE [--jobs N] [--out FILE] LOG COMMAND…  COMMAND WORDS… for each line of FILE, as an array
# Within a driver (GRADUS_SUCCESSOR: the job after it) the array is submitted, the successor told to wait for it, and the
# code is 75. Else it waits for the array. 0 done; 1 done but what crashed twice alike; 2 not done. GRADUS_SITE: site.yaml
set -euo pipefail
here=${GRADUS_SLURM:-$(dirname "$(realpath "${BASH_SOURCE[0]}")")}
[[ " ${*:1:5} " == *" --each "* ]] || exec bash "$here/local.sh" "$@"
# shellcheck source=slurm/queue.sh
source "$here/queue.sh"
each='' out='' meant=''
leave() { meant=1; exit "$1"; }
trap '[ -n "$meant" ] || exit 75' EXIT  # a full disk, say: not 1, which is a verdict
while [[ ${1:-} == --* ]] && [ $# -ge 2 ]; do
  case $1 in
    --each) each=$2 ;; --out) out=$2 ;; --jobs) ;;  # how many at once is the site's to say
    *) echo "slurm.sh: unknown option '$1'" >&2; leave 2 ;;
  esac
  shift 2
done
[ $# -ge 2 ] || { sed -n '2,/^set/s/^# //p' "$0" >&2; leave 2; }
command=("${@:2}") name=$(basename "$1" .log) exp=$(dirname "$(dirname "$1")")
bin=$(dirname "${command[0]}") key=$(key_of "$exp")-$name site=$(site_of "$exp")
kind=$(basename "${command[0]}") again=()
[ -z "${GRADUS_AGAIN:-}" ] || again=(--again)

follow() { # JOB: the successor waits for it
  local tries
  for tries in 1 2 4 8 16; do
    scontrol update "jobid=$GRADUS_SUCCESSOR" "dependency=afterany:$1" && break
    sleep "$tries"
  done
  echo "  $name: job $1, then $GRADUS_SUCCESSOR goes on" >&2
  leave 75
}
while :; do
  job=$(jobs_named "$key" | tail -n 1)  # of a driver that died before it could say so
  if [ -z "$job" ]; then
    code=0
    plan=$("$bin/manifest" "$exp" --list "$each" --kind "$kind" --name "$name" --out "$out" --config "$site" \
      "${again[@]}") || code=$?
    [ $code -le 2 ] || [ $code = 75 ] || code=2  # killed
    [ $code = 75 ] || leave $code
    again=()
    mapfile -t words <<< "$plan"
    job=$(submit "$key" "$exp $name" "${words[@]:1}" "$here/task.sh" "${words[0]}" "${command[@]}") || leave $?
    [ ! -d "$exp/slurm" ] || printf 'submitted\t%s\t%s\n' "$job" "$name" >> "$exp/slurm/drivers.tsv" || true
  fi
  [ -z "${GRADUS_SUCCESSOR:-}" ] || follow "$job"
  echo "  $name: job $job" >&2
  # Gone when it is gone twice: a job that is being requeued is in no list for a moment.
  for gone in 1 2; do
    while queued=$(jobs_named "$key") && [ -n "$queued" ]; do sleep "${GRADUS_POLL:-40}"; done
    [ "$gone" = 2 ] || sleep 1
  done
done
