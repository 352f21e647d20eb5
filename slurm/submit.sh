#!/usr/bin/env bash
# What `run.sh EXP … --slurm` does: submits generation.sbatch with the resources of site.yaml, prints the job, returns.
# --generations N is run.sh's: up to generation N.
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
bin=${GRADUS_BIN:-$here/../build/bin}
# shellcheck source=slurm/queue.sh
source "$here/queue.sh"
exp='' until=1 words=()
while [ $# -gt 0 ]; do
  case $1 in
    --slurm | --local) ;;
    --generations) until=${2:?}; shift ;;
    --jobs) shift ;;  # the site's to say
    --from | --only) words+=("$1" "${2:?}"); shift ;;
    --without-unfinished) words+=("$1") ;;
    -*) echo "submit: unknown option '$1': see run.sh" >&2; exit 2 ;;
    *) exp=${1%/} ;;
  esac
  shift
done
[[ -n $exp && -e $exp/experiment.yaml ]] || { echo "submit: '$exp' is no experiment: make one with $bin/new" >&2; exit 2; }
command -v sbatch > /dev/null || { echo "submit: no sbatch here: is this a login node of a cluster?" >&2; exit 2; }
site=$(site_of "$exp")
facts=$("$bin/doctor" --site driver --config "$site") || exit 2
mapfile -t resources < <(sed '/^site_/,$d' <<< "$facts")
mkdir -p "$exp/logs"
GRADUS_SLURM=$here GRADUS_BIN=$bin submit "$(key_of "$exp")" "$exp opened" "${resources[@]}" \
  --output="$exp/logs/driver.log" "$here/generation.sbatch" "$exp" --until "$until" "${words[@]}"
