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
[ -e "${exp:-.}/experiment.yaml" ] || fail "'$exp' is no experiment: make one with $GRADUS_BIN/new"
[[ "$more$until" =~ ^[0-9]+$ ]] || fail "--generations '$more' is no number"
mkdir -p "$exp/slurm" "$exp/logs"
exec 2>> "$exp/logs/driver.log"
say() { echo "driver: $(date '+%F %T') job $job: $*" >&2; }
fail() { say "error: $*"; exit 2; }
history=$exp/slurm/drivers.tsv key=$(key_of "$exp")
: >> "$history"
note() { local IFS=$'\t'; echo "$*" >> "$history"; }
site=$(site_of "$exp")
facts=$("$GRADUS_BIN/doctor" --site driver --config "$site") || fail "'$site' cannot be read"
eval "$(grep '^site_' <<< "$facts")"
mapfile -t resources < <(grep '^--' <<< "$facts")

# 1. Alone? Of those that people submitted the first goes on: one at a time asks, whoever holds the folder .opening. It
# then stands in the history, should Slurm run it a second time.
opened() { awk -F '\t' -v job="$1" '$1 == "opened" && $2 == job { print $3 }' "$history" | tail -n 1; }
others() { queue '%A|%k' -n "$key" | grep -v "^$job|" || true; }
before=$(opened "$job")
if [ -z "$successor$before" ]; then
  until mkdir "$exp/slurm/.opening" 2> /dev/null; do  # left by one that was killed: two minutes
    find "$exp/slurm/.opening" -maxdepth 0 -mmin +2 -exec rmdir {} + 2> /dev/null || sleep 1
  done
  trap 'rmdir "$exp/slurm/.opening"' EXIT
  scontrol update "jobid=$job" "jobname=$key"
  while IFS='|' read -r other comment; do
    [[ "$comment" == *" successor "* || -n "$(opened "${other:-none}")" ]] || continue
    say "'$exp' has its driver, job $other: nothing to do"
    exit 0
  done < <(others)
  [ "$more" -le "$site_generations" ] || fail "$more generations, limits.generations in '$site' is $site_generations"
  : "${until:=$(($(find "$exp/selected" -name 'g*-close.yaml' 2> /dev/null | wc -l) + more))}"
  export GRADUS_AGAIN=1
  note opened "$job" "$until"
  rmdir "$exp/slurm/.opening"
  trap - EXIT
fi
: "${until:=$before}"
[ ! -e "$exp/stop" ] || { say "'$exp/stop' is there: stopped; remove it and submit again"; exit 0; }
idle=$(awk '$1 == "start" { n++ } $1 != "start" { n = 0 } END { print n + 0 }' "$history")
[ "$idle" -lt "$site_drivers" ] || fail "$idle drivers in a row got nowhere: see above, mend, submit again"
note start "$job"

# 2. The successor, unless an earlier life of this job has submitted it.
next=$(others | awk -F '|' '/ successor / { print $1 }' | tail -n 1)
[ -n "$next" ] || next=$(submit "$key" "$exp successor" "${resources[@]}" "--dependency=afterany:$job" \
  --output="$exp/logs/driver.log" "$here/generation.sbatch" "$exp" --successor --until "$until" "${words[@]}") || exit 2

# 3. The recipe. 75: the successor goes on.
trap '[ -z "$child" ] || kill -TERM "$child"' TERM USR1 INT HUP
GRADUS_SUCCESSOR=$next LAUNCHER=$here/slurm.sh GRADUS_SITE=$site \
  setpriv --pdeathsig TERM bash "$here/run.sh" "$exp" --generations "$until" "${words[@]}" &
child=$!
while wait "$child" && code=0 || code=$?; kill -0 "$child" 2> /dev/null; do :; done
case $code in
  75) say "waiting" ;;
  0) scancel "$next"; note ended "$job"; say "done" ;;
  *) scancel "$next"; note failed "$job"; say "stopped with code $code: mend and submit again" ;;
esac
[ $code = 75 ] || exit $code
