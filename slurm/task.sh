#!/usr/bin/env bash
# One task of an array: the lines of a manifest that are its own and not done, each by COMMAND WORDS….
#   task.sh MANIFEST COMMAND…     the task: SLURM_ARRAY_TASK_ID, or INDEX=N without Slurm
# What becomes of each line is appended to state/JOB.TASK.RESTART.tsv beside the manifest, what it says to log/LINE.log.
# On USR1 (the time limit is near) or TERM the verbs checkpoint; after USR1 the job is requeued, where the site has it so.
# shellcheck disable=SC2154 # site_…: what site.sh says
set -uo pipefail
manifest=$1 dir=$(dirname "$1") command=("${@:2}") task=${SLURM_ARRAY_TASK_ID:-${INDEX:-0}} stop='' worst=0
# shellcheck source=/dev/null
source "$dir/site.sh" || exit 2
set +u  # theirs may not be written for it
if [ -n "$site_modules" ] && command -v module > /dev/null; then
  # shellcheck disable=SC2086 # words
  module purge && module load $site_modules || exit 2
fi
eval "$site_setup"
set -u
scratch=${SLURM_TMPDIR:-${TMPDIR:-/tmp}}
[ -z "$site_scratch" ] || eval "scratch=\"$site_scratch\""
scratch=$(mktemp -d "$scratch/gradus.XXXXXX") || exit 2
trap 'rm -rf "$scratch"' EXIT
export TMPDIR=$scratch OMP_NUM_THREADS=$site_cores
mkdir -p "$dir/state" "$dir/log"
state=$dir/state/${SLURM_ARRAY_JOB_ID:-$$}.$task.${SLURM_RESTART_COUNT:-0}.tsv
note() { local IFS=$'\t'; echo "$*" >> "$state"; }
ranks=()
if [ "$site_ranks" -gt 1 ]; then
  ranks=(mpirun -n "$site_ranks")
  if [ "$site_launch" = pmix ] || { [ "$site_launch" = auto ] && srun --mpi=list 2>&1 | grep -q pmix; }; then
    # Told everything: the defaults of these words changed with Slurm 20.11, 22.05 and 23.11.
    ranks=(srun --mpi=pmix "--ntasks=$site_ranks" "--cpus-per-task=$site_cores" --kill-on-bad-exit=1)
  fi
fi

# Its lines in order, those last that were begun before: one that kills its task must not starve the others.
mapfile -t todo < <(
  # Its own job's last: what it made again before it was requeued is made.
  cat "$dir"/state/*."$task".*.tsv "$dir"/state/a*.tsv "$dir/state/${SLURM_ARRAY_JOB_ID:-$$}.$task".*.tsv 2> /dev/null | awk -F '\t' -v mine="$task" '
    known == 0 && $1 == "start" { begun[$2] = 1 }
    known == 0 && ($1 == "end" && $3 <= 1 || $1 == "aside") { done[$2] = 1 }
    known == 0 && $1 == "again" { delete done[$2] }  # its result is gone
    known == 1 && !/^#/ && $1 == mine && !done[FNR - 2] { print (FNR - 2 in begun) "\t" FNR - 2 "\t" $3 }' \
    - known=1 "$manifest" | sort -t $'\t' -k 1,1n -k 2,2n | cut -f 2-)
declare -A line=() began=() told=()
trap 'stop=USR1' USR1
trap 'stop=TERM' TERM INT HUP
finish() { # PID CODE
  local n=${line[$1]} place
  place=$(grep -v '^#' "$dir/log/$n.log" 2> /dev/null | tail -n 1 | tr '\t' ' ')
  while IFS= read -r record; do note out "$n" "$record"; done < "$scratch/$n.out"
  note end "$n" "$2" $((SECONDS - began[$1])) "$place"
  echo "# ended with code $2 after $((SECONDS - began[$1])) s" >> "$dir/log/$n.log"
  [ "$2" -le 1 ] || worst=$2
  unset "line[$1]"
}
while [ ${#line[@]} -gt 0 ] || { [ -z "$stop" ] && [ ${#todo[@]} -gt 0 ]; }; do
  while [ -z "$stop" ] && [ ${#todo[@]} -gt 0 ] && [ ${#line[@]} -lt "$site_side_by_side" ]; do
    n=${todo[0]%%$'\t'*}
    read -ra words <<< "${todo[0]#*$'\t'}"
    todo=("${todo[@]:1}")
    note start "$n" "${SLURMD_NODENAME:-$(hostname)}" "$(date +%s)"
    echo "# ${command[*]} ${words[*]}" >> "$dir/log/$n.log"
    setpriv --pdeathsig TERM "${ranks[@]}" "${command[@]}" "${words[@]}" \
      < /dev/null > "$scratch/$n.out" 2>> "$dir/log/$n.log" &
    line[$!]=$n began[$!]=$SECONDS
  done
  for pid in "${!line[@]}"; do
    if ! kill -0 "$pid" 2> /dev/null; then wait "$pid"; finish "$pid" $?; continue; fi
    if [ -n "$stop" ] && [ -z "${told[$pid]:-}" ]; then kill -USR1 "$pid"; told[$pid]=1; fi
  done
  sleep 0.1 & wait $!
done
if [ "$stop" = USR1 ] && [ "$site_resubmit" = requeue ] && [ "${SLURM_RESTART_COUNT:-0}" -lt "$site_requeues" ]; then
  scontrol requeue "$SLURM_JOB_ID" && sleep 60  # Slurm ends this script now
fi
[ -z "$stop" ] || exit 75
exit "$worst"
