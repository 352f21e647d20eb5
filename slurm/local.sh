#!/usr/bin/env bash
# A launcher for one machine; slurm.sh takes the same words:
#   local.sh [--in FILE] [--out FILE] LOG COMMAND…
#     runs COMMAND, its records from and to FILE
#   local.sh --each FILE [--jobs N] [--out FILE] LOG COMMAND…
#     runs COMMAND WORDS… for each line of FILE, N at once with equal shares of the cores; --out: all records, in order
# LOG begins, job by job, with the command and ends with code and elapsed time. Exits with the worst of 2, 75, 0: 1 of a
# job is a verdict, after 75 it runs again. On TERM, INT, HUP or USR1 the jobs get TERM and checkpoint: 75.
set -uo pipefail
in=/dev/null out='' each='' jobs=$(nproc) stop='' worst=0 n_done=0 worked=0 n_worked=0 lines=('')
while [[ ${1:-} == --* ]] && [ $# -ge 2 ]; do
  case $1 in
    --in) in=$2 ;; --out) out=$2 ;; --each) each=$2 ;; --jobs) jobs=$2 ;;
    *) echo "local.sh: unknown option '$1'" >&2; exit 2 ;;
  esac
  shift 2
done
[ $# -ge 2 ] || { sed -n '2,/^set/s/^# //p' "$0" >&2; exit 2; }
log=$1 command=("${@:2}")
[ -z "$each" ] || mapfile -t lines < "$each"
total=${#lines[@]} todo=("${!lines[@]}") at_once=$((jobs < total ? jobs : total ? total : 1))
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-$(($(nproc) / at_once > 1 ? $(nproc) / at_once : 1))}
declare -A job=() began=() told=() tries=()
trap 'stop=75' TERM INT HUP USR1
span() { if [ "$1" -lt 60 ]; then echo "$1 s"; else printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); fi; }
say() { echo "  $*" >&2; quiet_since=$SECONDS; }
quiet_since=$SECONDS
rm -f "$log.part"

start() { # N: in a session of its own, to be signalled whole; it gets TERM too when this launcher is killed
  local to=$log.$1
  [ -z "$out" ] || { to=$log.$1.out; : > "$to"; }
  read -ra words <<< "${lines[$1]}"
  echo "# ${command[*]} ${lines[$1]}" >> "$log.$1"
  setpriv --pdeathsig TERM setsid "${command[@]}" "${words[@]}" < "$in" >> "$to" 2>> "$log.$1" &
  job[$!]=$1 began[$!]=$SECONDS
}

finish() { # PID CODE
  local n=${job[$1]} seconds=$((SECONDS - began[$1])) left=''
  unset "job[$1]"
  echo "# ended with code $2 after $(span $seconds)" >> "$log.$n"
  if [ -n "$stop" ] && [ "$2" -gt 1 ]; then return; fi
  if [ "$2" = 75 ] && [ $((tries[$n] += 1)) -lt 20 ]; then todo=("$n" "${todo[@]}"); return; fi
  n_done=$((n_done + 1))
  if [ "$seconds" -gt 1 ]; then worked=$((worked + seconds)) n_worked=$((n_worked + 1)); fi
  if [ $n_worked -gt 0 ] && [ $n_done -lt "$total" ]; then
    left=", $(span $(((total - n_done) * worked / n_worked / at_once + 1))) left"
  fi
  [ "$2" -le 1 ] || { worst=2; say "code $2: ${command[0]##*/} ${lines[n]}: $(grep -v '^#' "$log.$n" | tail -n 1)"; }
  [ -z "$each" ] || say "${command[0]##*/}: $n_done of $total done$left"
}

while [ ${#job[@]} -gt 0 ] || { [ -z "$stop" ] && [ ${#todo[@]} -gt 0 ]; }; do
  while [ -z "$stop" ] && [ ${#todo[@]} -gt 0 ] && [ ${#job[@]} -lt "$jobs" ]; do
    start "${todo[0]}"
    todo=("${todo[@]:1}")
  done
  for pid in "${!job[@]}"; do
    if ! kill -0 "$pid" 2> /dev/null; then wait "$pid"; finish "$pid" $?; continue; fi
    if [ -n "$stop" ] && [ -z "${told[$pid]:-}" ]; then
      kill -TERM -- "-$pid" 2> /dev/null || kill -TERM "$pid"
      told[$pid]=1
    fi
    if [ $((SECONDS - quiet_since)) -ge 15 ]; then  # what the longest-running job said last
      last=$(grep -v '^#' "$log.${job[$pid]}" | tail -n 1)
      say "${last:-${command[0]##*/} works since $(span $((SECONDS - began[$pid])))}"
    fi
  done
  sleep 0.1 & wait $!
done
for n in "${!lines[@]}"; do [ ! -e "$log.$n" ] || { cat "$log.$n" >> "$log.part"; rm "$log.$n"; }; done
[ ! -e "$log.part" ] || mv "$log.part" "$log"
if [ -z "$stop" ] && [ -n "$out" ]; then
  for n in "${!lines[@]}"; do cat "$log.$n.out"; done > "$out.part" && mv "$out.part" "$out"
fi
for n in "${!lines[@]}"; do rm -f "$log.$n.out"; done
exit $((worst ? worst : ${stop:-0}))
