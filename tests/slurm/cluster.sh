#!/usr/bin/env bash
# A private Slurm on loopback, of any user, in a folder of its own: one controller and several nodes with two fake GPUs.
#   cluster.sh start DIR [NODES]     CPUS=8 of a node, MAX_ARRAY=1001, LINES='more of slurm.conf'; 77: no Slurm here
#   cluster.sh env DIR               shell lines to talk to it, and for Open MPI on it
#   cluster.sh kill DIR NODE         a crash: its daemon and its jobs die at once;   revive DIR NODE brings it back
#   cluster.sh stop DIR              ends what it started, by its own process ids
# No munge (auth/none), no accounting, no root. DIR: short (sockets), no blanks.
set -uo pipefail
PATH=$PATH:/usr/sbin:/sbin
verb=${1:-} dir=$(realpath -m "${2:?}") node=${3:-}
export SLURM_CONF=$dir/slurm.conf
die() { echo "cluster: $*" >&2; exit "${code:-2}"; }
mine() { # [NODE]: processes that carry this cluster's name in their environment: job shells, steps, and what they started
  local p
  for p in /proc/[0-9]*; do
    { tr '\0' '\n' < "$p/environ"; } 2> /dev/null | grep -qx "SLURM_CONF=$SLURM_CONF" || continue
    if [ -n "${1:-}" ]; then { tr '\0' '\n' < "$p/environ"; } 2> /dev/null | grep -qxE "(VIRTUAL|SLURMD_)NODE(NAME)?=$1" || continue
    else { tr '\0' '\n' < "$p/environ"; } 2> /dev/null | grep -qE '^(VIRTUALNODE|SLURM_JOB_ID)=' || continue; fi
    [ "${p#/proc/}" = $$ ] || echo "${p#/proc/}"
  done
}
daemon() { VIRTUALNODE=$1 slurmd -f "$SLURM_CONF" -N "$1" || die "slurmd of $1: $(tail -n 2 "$dir/log/$1")"; }
idle() { timeout 5 sinfo -h -N -o %T 2> /dev/null | grep -cE '^(idle|mixed|allocated)$'; }
wait_for() { for _ in {1..300}; do [ "$(idle)" != "$1" ] || return 0; sleep 0.1; done; return 1; }
free_port() { # the first of 40 in a row that nobody has, below the range of outgoing connections
  local b i
  for _ in {1..100}; do
    b=$((20000 + RANDOM % 300 * 40)) i=0
    while [ $i -le 40 ] && ! (exec 3<> "/dev/tcp/127.0.0.1/$((b + i))") 2> /dev/null; do i=$((i + 1)); done
    [ $i -le 40 ] || { echo $b; return; }
  done
}
start() {
  local n=${node:-4} port i
  for i in slurmctld slurmd sbatch; do
    command -v $i > /dev/null || code=77 die "skipped: no $i here (apt-get install slurmctld slurmd slurm-client)"
  done
  [[ ! $dir =~ [[:blank:]#%,] && ${#dir} -le 60 ]] || die "'$dir': too long, or a blank or one of # % , in it"
  case $(getent ahostsv4 "$(hostname)" | cut -d ' ' -f 1 | head -n 1) in
    127.*) ;;
    *) code=77 die "skipped: the name of this host is not on loopback" ;;
  esac
  [ -n "$(ls -A /sys/fs/cgroup 2> /dev/null)" ] || code=77 die "skipped: nothing in /sys/fs/cgroup, which slurmd looks at"
  mkdir -p "$dir"/{state,log,gpu} || die "no folder '$dir'"
  port=$(free_port)
  [ -n "$port" ] || die "no free ports"
  : > "$dir/plugstack.conf"
  ln -sf /dev/null "$dir/gpu/gpu0" && ln -sf /dev/null "$dir/gpu/gpu1"
  echo "Name=gpu File=$dir/gpu/gpu[0-1]" > "$dir/gres.conf"
  sed -e "s|@dir@|$dir|g; s|@user@|$(id -un)|; s|@port@|$port|; s|@array@|${MAX_ARRAY:-1001}|" \
    "$(dirname "$(realpath "$0")")/slurm.conf.in" > "$SLURM_CONF"
  for ((i = 1; i <= n; i++)); do
    echo "NodeName=n$i NodeHostname=localhost NodeAddr=127.0.0.1 Port=$((port + i)) CPUs=${CPUS:-8} RealMemory=8000 Gres=gpu:2"
  done >> "$SLURM_CONF"
  printf 'PartitionName=all Nodes=ALL Default=YES DefaultTime=10 MaxTime=1440 State=UP\n%s\n' "${LINES:-}" >> "$SLURM_CONF"
  VIRTUALNODE=controller slurmctld -f "$SLURM_CONF" || die "slurmctld: $(tail -n 2 "$dir/log/slurmctld")"
  for ((i = 1; i <= n; i++)); do mkdir -p "$dir/n$i.tmp"; daemon "n$i"; done
  wait_for "$n" || { stop; die "the nodes do not come up: see $dir/log"; }
}
stop() {
  local p
  timeout 10 scancel -f --user="$(id -un)" 2> /dev/null
  for _ in 1 2 3; do
    for p in $(mine); do kill -KILL "$p" 2> /dev/null; done
    sleep 0.1
  done
  [ -z "$(mine)" ] || die "still there: $(mine | xargs)"
}
case $verb in
  start) start ;;
  stop) stop ;;
  kill) for _ in 1 2; do for p in $(mine "${node:?}"); do kill -KILL "$p" 2> /dev/null; done; done ;;
  revive) daemon "${node:?}" ;;
  env) sed "s|@dir@|$dir|" "$(dirname "$(realpath "$0")")/env.in" ;;
  *) die "start, stop, env, kill or revive, not '$verb'" ;;
esac
