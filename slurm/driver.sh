#!/usr/bin/env bash
# What generation.sbatch runs. A driver first submits its successor, which waits for its end, then goes through the recipe
# until a stage has an array to wait for: that it submits, has the successor wait for it, and ends. So nothing runs while
# the arrays do, and a driver may be killed at any moment.
# shellcheck disable=SC2154 # site_…: what doctor prints
set -euo pipefail
here=$GRADUS_SLURM job=$SLURM_JOB_ID
export GRADUS_BIN=${GRADUS_BIN:-$here/../build/bin} OMP_NUM_THREADS=${SLURM_CPUS_PER_TASK:-1}
# shellcheck source=slurm/queue.sh
source "$here/queue.sh"
# shellcheck source=slurm/opening.sh
source "$here/opening.sh"
exp='' more=1 until='' successor='' words=() child='' code=0
fail() { echo "driver: $*" >&2; exit 2; }
while [ $# -gt 0 ]; do
  case $1 in
    --generations) more=${2:?}; shift ;;
    --until) until=${2:?}; shift ;;   # run.sh's: up to this generation
    --successor) successor=1 ;;       # of a driver
    --from | --only) words+=("$1" "${2:?}"); shift ;;
    --without-unfinished) words+=("$1") ;;
    -*) fail "unknown option '$1': see slurm/generation.sbatch" ;;
    *) exp=${1%/} ;;
  esac
  shift
done
[[ -n $exp && -e $exp/experiment.yaml ]] || fail "'$exp' is no experiment: make one with $GRADUS_BIN/new"
[[ "$more$until" =~ ^[0-9]+$ ]] || fail "--generations '$more' is no number"
mkdir -p "$exp/slurm" "$exp/logs"
exec 2>> "$exp/logs/driver.log"
say() { echo "driver: $(date '+%F %T') job $job: $*" >&2 || true; }
fail() { say "error: $*"; exit 2; }
history=$exp/slurm/drivers.tsv key=$(key_of "$exp")
: >> "$history"
note() { local IFS=$'\t'; echo "$*" >> "$history" || true; }  # on a full disk too
site=$(site_of "$exp")
facts=$("$GRADUS_BIN/doctor" --site driver --config "$site") || fail "'$site' cannot be read"
eval "$(sed -n '/^site_/,$p' <<< "$facts")"
mapfile -t resources < <(sed '/^site_/,$d' <<< "$facts")

# 1. Alone, and of use? What failed before is tried again when a person asks, and only then.
unset GRADUS_AGAIN GRADUS_SUCCESSOR
before=$(opened "$job")
if [ -z "$successor$before" ]; then
  open_alone || exit 0
  export GRADUS_AGAIN=1
fi
: "${until:=$before}"
may_go_on || exit 0

# 2. The successor, unless an earlier life of this job has submitted it.
next=$(others | awk -F '|' -v job="$job" '$1 > job && / successor / { print $1 }' | tail -n 1)
[ -n "$next" ] || next=$(unset GRADUS_AGAIN; submit "$key" "$exp successor" "${resources[@]}" "--dependency=afterany:$job" \
  --output="$exp/logs/driver.log" "$here/generation.sbatch" "$exp" --successor --until "$until" "${words[@]}") || exit 2

# 3. The recipe. 75: the successor goes on.
trap '[ -z "$child" ] || kill -TERM "$child"' TERM USR1 INT HUP
GRADUS_SUCCESSOR=$next LAUNCHER=$here/slurm.sh GRADUS_SITE=$site \
  setpriv --pdeathsig TERM bash "$here/run.sh" "$exp" --generations "$until" "${words[@]}" &
child=$!
while wait "$child" && code=0 || code=$?; kill -0 "$child" 2> /dev/null; do :; done
case $code in
  1 | 75) code=75; say "waiting" ;;  # 1: bash could not write
  0) scancel "$next"; note ended "$job"; say "done" ;;
  *) scancel "$next"; note failed "$job"; say "stopped with code $code: mend and submit again" ;;
esac
[ $code = 75 ] || exit $code
