#!/usr/bin/env bash
# The recipe: generations of an experiment, each in numbered stages. Killed anywhere, the same command goes on.
#   run.sh EXP [--generations N] [--from STAGE] [--only STAGE] [--jobs N] [--without-unfinished] [--local | --slurm]
#   stages: 1 parents  2 propose  3 review  4 implement  5 check  6 rungs (each: select, pretrain, evaluate)  7 close
#   --generations N        stop when generation N is closed (1)
#   --from, --only STAGE   a number, a name or, with --only, a rung; of the first generation that is open
#   --jobs N               at once, with equal shares of the cores (as many as cores)
#   --without-unfinished   go on without the designs that failed
#   --slurm                submit it all (generation.sbatch) and return; --local, the default: here
# GRADUS_BIN: the verbs; LAUNCHER: local.sh, or one that takes its words. Exits 0 done; 2 not done; 75 stopped, run again.
# Cost in FLOP: designs x (learning rates + seeds - 1) runs on the lowest rung, a tenth of the designs on each above; a run
# on nano is 1.2e12, on micro 5.1e12: 12 designs, 3 rates, 2 seeds are 48 x 1.2e12 + 4 x 5.1e12 = 7.8e13, 45 minutes at
# 30 GFLOP/s.
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
bin=${GRADUS_BIN:-$here/../build/bin} launcher=${LAUNCHER:-$here/local.sh}
exp='' generations=1 from=1 only='' jobs=$(nproc) unfinished=() pass=() child='' stop='' slurm='' words=("$@")
usage() { sed -n '2,/^set/s/^# //p' "$0" >&2; exit 2; }
while [ $# -gt 0 ]; do
  case $1 in
    --generations | --from | --only | --jobs) [ $# -ge 2 ] || usage; declare "${1#--}=$2"; shift ;;
    --without-unfinished) unfinished=("$1") ;;
    --local) launcher=$here/local.sh slurm='' ;;
    --slurm) slurm=1 ;;
    -*) echo "run: unknown option '$1'" >&2; usage ;;
    *) [ -z "$exp" ] || usage; exp=${1%/} ;;
  esac
  shift
done
[[ -n $exp && -e $exp/experiment.yaml ]] || { echo "run: '$exp' is no experiment: make one with $bin/new" >&2; exit 2; }
[ -x "$bin/select" ] || { echo "run: no verbs in '$bin': build them, or set GRADUS_BIN" >&2; exit 2; }
names=(parents propose review implement check rungs close)
for i in "${!names[@]}"; do
  [ "$from" != "${names[i]}" ] || from=$((i + 1))
  [ "$only" != "${names[i]}" ] || only=$((i + 1))
done
mapfile -t rungs < <("$bin/select" "$exp" --stages | sed '1d;$d')
[ ${#rungs[@]} -gt 0 ] || exit 2
[[ " 1 2 3 4 5 6 7 ${rungs[*]}  " == *" $only "* && "$from" =~ ^[1-7]$ && "$generations$jobs" =~ ^[0-9]+$ ]] || usage
[ -z "$slurm" ] || exec bash "$here/submit.sh" "${words[@]}"
mkdir -p "$exp/logs"
exec 9> "$exp/logs/.lock"  # held by every process of a run: a new one waits for what a killed one left
flock -n 9 || { echo "run: waiting for an earlier run of '$exp' to end" >&2; flock 9; }
trap 'stop=1; [ -z "$child" ] || kill -TERM "$child" 2> /dev/null' TERM INT HUP USR1

launch() { # launcher's words
  [ -z "$stop" ] || exit 75
  local code=0
  setpriv --pdeathsig TERM "$launcher" "$@" &
  child=$!
  while wait "$child" && code=0 || code=$?; kill -0 "$child" 2> /dev/null; do :; done  # a signal ends a wait early
  child=''
  [ -z "$stop" ] || { echo "run: stopped; the same command goes on" >&2; exit 75; }
  [ "$code" != 75 ] || exit 75  # submitted: somebody comes back
  [ "$code" != 1 ] || pass=(--without-unfinished)  # what crashes whenever it runs is passed over
  if [ "$code" = 2 ] && [ ${#unfinished[@]} -gt 0 ]; then return 0; fi
  [ "$code" -gt 1 ] || return 0
  echo "run: not done, see above and $exp/logs; mend and run again, or go on by --without-unfinished" >&2
  exit 2
}
stage() { # NUMBER NAME [RUNG]: is it asked for? says so
  if [ "$1" -lt "$from" ] || [[ -n "$only" && "$only" != "$1" && "$only" != "${3:-}" ]]; then return 1; fi
  echo "run: $(date +%T) generation $g of $generations, stage $1 of 7: $2${3:+ $3}" >&2
}
accepted() { sed -nE 's/^([^\t]*)\tok\t.*/\1/p' "$1"; }
runs() { # of records: DESIGN --scale NAME --seed N --lr MULT, from the name of the run
  sed -nE 's/^([^\t]*)\tok\t[^\t]*\/([^\t\/]*)-s([0-9]+)-lr([0-9.e+-]+)(\t.*)?$/\1 --scale \2 --seed \3 --lr \4/p' "$1"
}

decide() { # launcher's words, STAGE
  launch "${@:1:$#-1}" "$bin/select" "$exp" --generation "$g" "${pass[@]}" --stage "${!#}"
}

generation() {
  local p
  p=$exp/logs/$(printf g%03d "$g") pass=("${unfinished[@]}")
  if stage 1 parents; then  # what the gate is worth is known before anything passes it
    launch "$exp/logs/canaries.log" "$bin/check" --canaries --into "$exp"
    decide "$p-1-parents.log" parents
  fi
  if stage 2 propose; then launch --out "$p-propose.tsv" "$p-2-propose.log" "$bin/propose" "$exp" --generation "$g"; fi
  if stage 3 review; then launch --in "$p-propose.tsv" --out "$p-review.tsv" "$p-3-review.log" "$bin/review" -; fi
  if stage 4 implement; then
    accepted "$p-review.tsv" > "$p-implement.list"
    launch --each "$p-implement.list" --jobs "$jobs" --out "$p-implement.tsv" "$p-4-implement.log" "$bin/implement"
  fi
  if stage 5 check; then
    { printf '%s\n' "$exp"/designs/g000/g000-*; accepted "$p-implement.tsv"; } > "$p-check.list"
    launch --each "$p-check.list" --jobs "$jobs" --out "$p-check.tsv" "$p-5-check.log" "$bin/check"
  fi
  for rung in "${rungs[@]}"; do
    stage 6 rungs "$rung" || continue
    decide --out "$p-$rung.tsv" "$p-6-$rung-select.log" "$rung"
    runs "$p-$rung.tsv" > "$p-$rung.list"
    launch --each "$p-$rung.list" --jobs "$jobs" --out "$p-$rung-trained.tsv" "$p-6-$rung-pretrain.log" "$bin/pretrain"
    runs "$p-$rung-trained.tsv" > "$p-$rung-trained.list"
    launch --each "$p-$rung-trained.list" --jobs "$jobs" "$p-6-$rung-evaluate.log" "$bin/evaluate"
  done
  if stage 7 close; then decide "$p-7-close.log" close; fi
}
for ((g = 1; g <= generations; g++)); do
  [ -n "$only" ] || [ ! -e "$exp/selected/$(printf g%03d "$g")-close.yaml" ] || continue
  generation
  from=1
done
echo "run: generations closed: $generations; the leaderboard: $(realpath --relative-to=. "$bin")/report $exp --text" >&2
