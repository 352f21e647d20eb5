#!/usr/bin/env bash
# Submits generations on the private cluster and disturbs them until all are closed: chaos.sh CLUSTER EXP GENERATIONS PAUSE.
# Every PAUSE seconds one of these (EVENTS: those numbers, in this order, once each, and then no more): KILL of a verb, of a task's shell, of a driver; a node's crash (and its return); requeue,
# hold, scancel of an array; TERM to a verb; cancel.sh; with CHAOS_DISK, EXP's own small disk is full for some seconds. An empty queue is submitted again, as a person would.
set -uo pipefail
cluster=$1 exp=$2 generations=$3 pause=$4 tests=$(dirname "$(realpath "$0")")
slurm=$(realpath "$tests/../../slurm") n=0 submitted=0
RANDOM=${CHAOS_SEED:-$$}
read -ra planned <<< "${EVENTS:-}"
echo "chaos: CHAOS_SEED=${CHAOS_SEED:-$$}"
# Processes of this cluster's jobs whose command line has a word; one of them.
victim() { # WORD
  local p found=()
  for p in /proc/[0-9]*; do
    { tr '\0' '\n' < "$p/environ"; } 2> /dev/null | grep -qx "SLURM_CONF=$cluster/slurm.conf" || continue
    { tr '\0' ' ' < "$p/cmdline"; } 2> /dev/null | grep -qE "$1" && found+=("${p#/proc/}")
  done
  [ ${#found[@]} -gt 0 ] && echo "${found[RANDOM % ${#found[@]}]}"
}
a_job() { squeue -h -o '%F %j' | awk -v drivers="$1" '($2 ~ /-g[0-9]+-/) != drivers { print $1 }' | sort -u | shuf -n 1; }
event() { # NUMBER
  local p='' node=n$((RANDOM % 4 + 1))
  case $1 in
    0 | 1) p=$(victim '/bin/(pretrain|check|evaluate|implement) ') && kill -KILL "$p" && echo "KILL of a verb" ;;
    2) p=$(victim '/bin/(pretrain|check|evaluate|implement) ') && kill -TERM "$p" && echo "TERM to a verb" ;;
    3) p=$(victim 'bash.*slurm_script .*manifest') && kill -KILL "$p" && echo "KILL of a task's shell" ;;
    4) p=$(victim 'bash.*driver.sh') && kill -KILL "$p" && echo "KILL of a driver" ;;
    5) bash "$tests/cluster.sh" kill "$cluster" "$node" && sleep 1 && bash "$tests/cluster.sh" revive "$cluster" "$node" && echo "$node crashed and came back" ;;
    6) p=$(a_job 0) && [ -n "$p" ] && scontrol requeue "$p" && echo "requeue of array $p" ;;
    7) p=$(a_job 0) && [ -n "$p" ] && scontrol hold "$p" && sleep 1 && scontrol release "$p" && echo "hold of array $p" ;;
    8) p=$(a_job 0) && [ -n "$p" ] && scancel "$p" && echo "scancel of array $p" ;;
    9) p=$(a_job 1) && [ -n "$p" ] && scancel "$p" && echo "scancel of driver $p" ;;
    10) bash "$slurm/cancel.sh" "$exp" && echo "cancel.sh" ;;
    11) [ -n "${CHAOS_DISK:-}" ] || return 1
      head -c 10G /dev/zero > "$exp/filler"
      sleep 4
      rm "$exp/filler"
      echo "a full disk" ;;
    *) return 1 ;;
  esac 2> /dev/null
}
until [ -e "$exp/selected/$(printf 'g%03d' "$generations")-close.yaml" ] && [ -z "$(squeue -h)" ]; do
  if [ -z "$(squeue -h)" ]; then
    bash "$slurm/run.sh" "$exp" --slurm --generations "$generations" > /dev/null || exit 1
    submitted=$((submitted + 1))
    [ $submitted -lt "${MOST:-40}" ] || { echo "chaos: submitted $submitted times: $(tail -n 5 "$exp/logs/driver.log")"; exit 1; }
  fi
  sleep "$pause"
  which=$((RANDOM % 12))
  if [ -n "${EVENTS:-}" ]; then which=${planned[0]:-none}; fi
  said=$(event "$which") || continue  # nothing there to be disturbed so
  n=$((n + 1)) planned=("${planned[@]:1}")
  echo "chaos: $said"
done
echo "chaos: $n events, submitted $submitted times"
