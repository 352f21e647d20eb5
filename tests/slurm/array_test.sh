#!/usr/bin/env bash
# The launcher on a private Slurm, with a stand-in verb: striding past MaxArraySize, crashes set aside, failures tried again,
# signals, requeue and chain, a submission that says it failed, another's jobs left alone.
set -uo pipefail
# shellcheck source=tests/slurm/fixture.sh
source "$(dirname "$(realpath "$0")")/fixture.sh"
MAX_ARRAY=21 CPUS=16 enter_cluster 2
failed=0
fail() { echo "array_test: $*"; failed=1; return 1; }
same() { [ "$2" = "$3" ] || fail "$1: expected '$3', got '$2'"; }
bin/new exp --from tiny --quiet > /dev/null
mkdir -p exp/logs verbs place
ln -s "$GRADUS_BIN"/{manifest,doctor} verbs
# The stand-in: what it does is the first letter of its design; each time it begins is a line of DESIGN.began.
cat > verbs/check << 'VERB'
#!/usr/bin/env bash
trap 'touch "$1.saved"; echo "check: checkpoint" >&2; exit 75' TERM USR1
echo "$SLURM_ARRAY_JOB_ID $SLURM_ARRAY_TASK_ID" >> "$1.began"
times=$(wc -l < "$1.began")
case ${1##*/} in
  crash*) echo "check: step 7" >&2; kill -SEGV $$ ;;
  moving*) echo "check: step $times" >&2; [ "$times" -gt 2 ] || kill -SEGV $$ ;;
  flaky*) [ "$times" -gt 1 ] || { echo "check: error: no space left" >&2; exit 2; } ;;
  broken*) echo "check: error: bad" >&2; exit 2 ;;
  killed*) [ "$times" -gt 1 ] || kill -KILL "$PPID" ;;
  slow*) [ -e "$1.saved" ] || for _ in {1..300}; do sleep 0.1; done ;;
  no*) code=1 ;;
esac
mkdir -p "$1"; : > "$1/check.yaml"
printf '%s\tok\t.\n' "$1"
exit "${code:-0}"
VERB
chmod +x verbs/check
export GRADUS_POLL=0.3
launcher() { bash "$GRADUS_SOURCE/slurm/slurm.sh" --each "$1.list" --out "$1.tsv" "exp/logs/$1.log" verbs/check 2> "$1.err"; }
behind() { bash "$GRADUS_SOURCE/slurm/slurm.sh" --each "$1.list" "exp/logs/$1.log" verbs/check 2> "$1.err" & job=$!; }
wait_for_lines() { for _ in {1..150}; do [ ! -e "$1" ] || [ "$(wc -l < "$1")" -lt "$2" ] || return 0; sleep 0.2; done; return 1; }
site() { sed -i "$1" site.yaml; }

# 1. More lines than an array has indices: 50 in 20 tasks; each once; records in order. The same again submits nothing.
site 's/at_once: 4/at_once: 32, array: 20/; s/settle_seconds: 1/settle_seconds: 0/'
for i in $(seq 50); do echo "place/ok$i"; done > many.list
launcher many || fail "many: code $?: $(cat many.err)"
same "records of many" "$(cut -f 1 many.tsv | cmp - many.list && wc -l < many.tsv)" 50
same "each once" "$(cat place/ok*.began | wc -l) $(cat place/ok*.began | cut -d ' ' -f 2 | sort -u | wc -l)" "50 20"
launcher many || fail "many again: code $?"
same "the same again" "$(cat place/ok*.began | wc -l)" 50
same "left of it" "$(find exp/slurm/many -type f | wc -l)" 4
same "the log" "$(grep -c '^# ended with code 0' exp/logs/many.log)" 50

# 2. What crashes twice alike is set aside with its log and costs its siblings nothing; what fails is tried again.
site 's/losses: 100, crashes: 100/losses: 4, crashes: 2/'
printf 'place/%s\n' crash ok moving flaky no killed > mixed.list
launcher mixed
same "code with one set aside" $? 1
same "who is done" "$(cut -f 1 mixed.tsv | xargs)" "place/ok place/moving place/flaky place/no place/killed"
same "times begun" "$(for i in crash moving flaky no killed ok; do wc -l < place/$i.began; done | xargs)" "2 3 2 1 2 1"
grep -q "'check place/crash' is set aside: it crashed 2 times alike (code 139): see 'exp/logs/mixed.log'" mixed.err || fail "set aside: $(cat mixed.err)"
launcher mixed
same "code again" "$? $(wc -l < place/crash.began)" "1 2"

# 3. What fails whenever it runs stops the recipe after four times, having let its siblings end.
printf 'place/%s\n' broken ok2 > broken.list
launcher broken
same "code of a failure" "$? $(wc -l < place/broken.began)" "2 4"
grep -q "'check place/broken' failed 4 times, the last with code 2: check: error: bad" broken.err || fail "failure: $(cat broken.err)"
[ -e place/ok2/check.yaml ] || fail "a failure stopped its sibling"
rm place/broken.began
sed -i 's/broken\*)/brkn*)/' verbs/check
GRADUS_AGAIN=1 launcher broken || fail "mended and submitted again: code $?: $(cat broken.err)"

# 4. Near its time limit a task has its verbs checkpoint, and is requeued: the same job, once more.
signal() { # NAME DESIGN SIGNAL: to the shell of its task, when it runs
  wait_for_lines "$2.began" 1 || fail "$1 does not begin"
  scancel --signal="$3" --batch "$(tr ' ' _ < "$2.began" | head -n 1)"
}
echo place/slow1 > requeue.list
behind requeue; signal requeue place/slow1 USR1
wait "$job" || fail "requeue: $(cat requeue.err)"
same "requeued: the same job" "$(sort -u place/slow1.began | wc -l) $(wc -l < place/slow1.began)" "1 2" || cat requeue.err place/slow1.began exp/logs/requeue.log
# … or chained: another job. And so after scancel: TERM.
site 's/^limits/resubmit: chain\nlimits/'
echo place/slow2 > chain.list
behind chain; signal chain place/slow2 USR1
wait "$job" || fail "chain: $(cat chain.err)"
same "chained: another job" "$(sort -u place/slow2.began | wc -l) $(wc -l < place/slow2.began)" "2 2"
echo place/slow3 > scancel.list
behind scancel; wait_for_lines place/slow3.began 1
scancel "$(cut -d ' ' -f 1 place/slow3.began)"
wait "$job" || fail "scancel: $(cat scancel.err)"
same "after scancel" "$(sort -u place/slow3.began | wc -l)" 2 || tail -n 20 exp/logs/scancel.log exp/slurm/scancel/*/{log,state}/*

# 5. sbatch says that it timed out, though the job was accepted: it is found, not sent again. And refused for good: code 2.
mkdir fake
real=$(command -v sbatch)
printf '#!/usr/bin/env bash\n%s "$@" > /dev/null\necho "sbatch: error: Socket timed out on send/recv operation" >&2\nexit 1\n' "$real" > fake/sbatch
chmod +x fake/sbatch
echo place/accepted > timeout.list
PATH=$PWD/fake:$PATH launcher timeout || fail "an accepted submission that says it failed: $(cat timeout.err)"
same "accepted once" "$(wc -l < place/accepted.began)" 1

# 6. cancel.sh takes this experiment's jobs, waiting and running, and no other.
other=$(sbatch --parsable --hold --output=/dev/null --wrap true)
echo place/slow4 > cancel.list
behind cancel
wait_for_lines place/slow4.began 1
kill $job
bash "$GRADUS_SOURCE/slurm/cancel.sh" exp 2> cancel.out || fail "cancel: $(cat cancel.out)"
same "left after cancel" "$(squeue -h -o %A)" "$other"
[ -e place/slow4.saved ] || fail "cancelled without a checkpoint"
[ $failed = 0 ] && echo "array_test: passed"
exit $failed
