#!/usr/bin/env bash
# The recipe and its launcher: stages, numbers of jobs, codes, logs, stops, kills. Verbs are stand-ins that keep a file for
# what is done and a count of what they did, so that a stage done twice shows.
set -uo pipefail
source_=${GRADUS_SOURCE:-$(realpath "$(dirname "$0")/../..")}
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
cd "$home" || exit 2
failed=0
fail() { echo "run_test: $*"; failed=1; }
same() { [ "$2" = "$3" ] || fail "$1: expected '$3', got '$2'"; }

# The stand-ins: one program, its verb is its name. $slow: seconds of a run; $fault: "VERB DESIGN CODE" once.
mkdir bin
cat > bin/verb << 'VERB'
#!/usr/bin/env bash
verb=$(basename "$0")
trap 'echo "$verb: stopped" >&2; exit 75' TERM
once() { [ -e "$1" ] || { sleep "${slow:-0.02}" & wait $!; echo "$verb $2" >> work; mkdir -p "$(dirname "$1")"; : > "$1"; }; }
case $verb in
  select)
    [ "$2" != --stages ] || { printf 'parents\nnano\nmicro\nclose\n'; exit; }
    g=$(printf g%03d "$3") stage=${!#}
    once "$1/selected/$g-$stage.yaml" "$g-$stage"
    case $stage in
      nano) for d in g000/g000-000 "$g/$g-000" "$g/$g-001"; do
              for lr in 0.333 1; do printf '%s\tok\t%s\tarm\n' "$1/designs/$d" "$1/designs/$d/runs/nano-s0-lr$lr"; done
            done; printf '%s\tno\t.\tx\n' "$1/designs/$g/$g-002" ;;
      micro) printf '%s\tok\t%s\n' "$1/designs/$g/$g-000" "$1/designs/$g/$g-000/runs/micro-s0-lr1" ;;
    esac ;;
  propose)
    g=$(printf g%03d "$3")
    for i in 000 001 002; do once "$1/designs/$g/$g-$i/candidate" "$g-$i"; printf '%s\tok\t.\n' "$1/designs/$g/$g-$i"; done ;;
  review | implement)
    while IFS=$'\t' read -r d v _; do
      if [ "$v" = ok ]; then once "$d/$verb" "$d"; fi
      if [ "$verb $d" = "review ${d%-*}-002" ]; then v=no; elif [ "$v" = no ]; then v=skipped; fi
      printf '%s\t%s\t.\n' "$d" "$v"
    done ;;
  check)
    [ "$1" != --canaries ] || { once "$3/canaries.yaml" "$3"; exit; }
    once "$1/check" "$1"; printf '%s\tok\t.\n' "$1" ;;
  *)
    run=$1/runs/$3-s$5-lr$7
    read -r fv fd fc <<< "${fault:-}"
    if [ "$verb" = "$fv" ] && [ "$(basename "$1")" = "$fd" ] && [ ! -e "fault-$(basename "$run")" ]; then
      : > "fault-$(basename "$run")"
      echo "$verb: error: it broke" >&2
      exit "$fc"
    fi
    once "$run.$verb" "$run"; echo "$verb: $OMP_NUM_THREADS threads" >&2; printf '%s\tok\t%s\n' "$1" "$run" ;;
esac
VERB
chmod +x bin/verb
for v in select propose review implement check pretrain evaluate; do ln -s verb bin/$v; done
export GRADUS_BIN=$home/bin
recipe() { bash "$source_/slurm/run.sh" "$@"; }
fresh() { rm -rf exp work fault-*; mkdir -p exp/designs/g000/g000-000; : > exp/experiment.yaml; : > work; }

# 1. Two generations; the same again does nothing; the order of the stages.
fresh
recipe exp --generations 2 --jobs 2 2> err || fail "two generations: code $?: $(tail -n 3 err)"
same "work in two generations" "$(sort work | uniq | wc -l)" "$(wc -l < work)"
same "the gate is judged once, before anything passes it" "$(sed -n 1p work) $(grep -c '^check exp$' work)" "check exp 1"
same "stages" "$(grep -c '^run: .* stage' err)" 16
same "what is refused is not trained" "$(grep -c 'pretrain.*-002' work)" 0
same "runs" "$(grep -c '^pretrain' work) $(grep -c '^evaluate' work)" "12 12"
grep -q 'pretrain: 6 of 6 done' err || fail "no progress: $(cat err)"
before=$(md5sum work)
recipe exp --generations 2 --jobs 2 2> /dev/null || fail "again: code $?"
recipe exp --only 5 2> /dev/null || fail "--only 5 again: code $?"
recipe exp --only nano 2> /dev/null || fail "--only nano again: code $?"
same "the same again does nothing" "$(md5sum work)" "$before"

# 2. Logs begin with the command and end with code and time.
log=exp/logs/g001-6-nano-pretrain.log
same "first line of a log" "$(head -n 1 "$log")" "# $home/bin/pretrain exp/designs/g000/g000-000 --scale nano --seed 0 --lr 0.333"
tail -n 1 "$log" | grep -qE '^# ended with code 0 after [0-9]+ s$' || fail "last line of a log: $(tail -n 1 "$log")"

# 3. Killed at random places, by TERM (code 75) and by KILL, it goes on, and does nothing twice.
fresh
export slow=0.05
for i in $(seq 1 60); do
  recipe exp --generations 2 --jobs 2 2> err &
  pid=$!
  sleep "0.$((RANDOM % 9 + 1))"
  if [ $((i % 2)) = 0 ]; then kill -KILL $pid 2> /dev/null; else kill -TERM $pid 2> /dev/null; fi
  wait $pid 2> /dev/null
  code=$?
  case $code in 75 | 137) ;; 0) break ;; 143) ;; *) fail "killed: code $code: $(cat err)" ;; esac
done
same "killed anywhere, it ends" "$code" 0
same "work after kills" "$(sort work | uniq | wc -l)" "$(wc -l < work)"
same "runs after kills" "$(grep -c '^pretrain' work) $(grep -c '^evaluate' work)" "12 12"
unset slow

# 4. A run that fails stops the recipe by name, and does not stop its siblings; --without-unfinished goes on.
fresh
fault="pretrain g001-001 2" recipe exp 2> err
same "a failed run" "$?" 2
grep -q 'code 2: pretrain .*g001-001 .*it broke' err || fail "a failed run is not named: $(cat err)"
same "siblings of a failed run" "$(grep -c '^pretrain' work)" 4
recipe exp 2> err || fail "run again after a failure: code $?"
fresh
fault="pretrain g001-001 2" recipe exp --without-unfinished 2> err || fail "--without-unfinished: code $?"
same "without the unfinished" "$(grep -c '^evaluate' work)" 5

# 5. 75 of a job by itself: run again; 1 is a verdict.
fresh
fault="pretrain g001-000 75" recipe exp 2> err || fail "75 of a job: code $?: $(cat err)"
same "a job that asks to be run again" "$(grep -c '^pretrain' work)" 7
fresh
fault="pretrain g001-000 1" recipe exp 2> err || fail "1 of a job: code $?: $(cat err)"

# 6. Words that are wrong.
recipe none 2> err && fail "no experiment: code 0"
grep -q "'none' is no experiment" err || fail "no experiment: $(cat err)"
recipe exp --form 2 2> err
same "a wrong option" "$?" 2
for words in "--from 9" "--only chek" "--jobs x" "--only"; do
  # shellcheck disable=SC2086 # words
  recipe exp $words 2> err
  same "wrong words $words" "$?" 2
done
bash "$source_/slurm/local.sh" --each 2> err
same "a launcher without a command" "$?" 2

[ $failed = 0 ] && echo "run_test: passed"
exit $failed
