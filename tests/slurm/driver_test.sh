#!/usr/bin/env bash
# Drivers on a private Slurm, with stand-in verbs: a run that crashes passed over, one that fails stops
# it, a person's second try, EXP/stop, the cap, nothing left in the queue.
set -uo pipefail
# shellcheck source=tests/slurm/fixture.sh
source "$(dirname "$(realpath "$0")")/fixture.sh"
enter_cluster 2
sed -i 's/settle_seconds: 1/settle_seconds: 0/; s/losses: 100, crashes: 100/losses: 3, crashes: 2, generations: 3/' site.yaml
failed=0
fail() { echo "driver_test: $*"; failed=1; }
same() { [ "$2" = "$3" ] || fail "$1: expected '$3', got '$2'"; }
mkdir verbs
ln -s "$GRADUS_BIN"/{manifest,doctor} verbs
# One program, its verb is its name. The files crash and broken name the design that does so in pretrain.
cat > verbs/verb << 'VERB'
#!/usr/bin/env bash
verb=$(basename "$0")
case $verb in
  select)
    [ "$2" != --stages ] || { printf 'parents\npico\nclose\n'; exit; }
    g=$(printf g%03d "$3") stage=${!#}
    [ -e "$1/selected/$g-$stage.yaml" ] || { mkdir -p "$1/selected"; echo "$*" > "$1/selected/$g-$stage.yaml"; }
    [ "$stage" != pico ] || for i in 0 1; do printf '%s\tok\t%s\n' "$1/designs/$g/$g-00$i" "$1/designs/$g/$g-00$i/runs/pico-s0-lr1"; done ;;
  propose) g=$(printf g%03d "$3"); for i in 0 1; do mkdir -p "$1/designs/$g/$g-00$i"; printf '%s\tok\t.\n' "$1/designs/$g/$g-00$i"; done ;;
  review) cat ;;
  implement | check) [ "$1" = --canaries ] || { : > "$1/$verb.yaml"; printf '%s\tok\t.\n' "$1"; } ;;
  *)
    echo "$verb $1" >> begun
    [ "$verb" = evaluate ] || [ "$(cat crash 2> /dev/null)" != "${1##*/}" ] || kill -SEGV $$
    [ "$verb" = evaluate ] || [ "$(cat broken 2> /dev/null)" != "${1##*/}" ] || { echo "no space" >&2; exit 2; }
    mkdir -p "$1/runs/pico-s0-lr1" "$1/evaluate"
    : > "$1/runs/pico-s0-lr1/pretrain.yaml"; : > "$1/evaluate/pico-s0-lr1.yaml"
    printf '%s\tok\t%s\n' "$1" "$1/runs/pico-s0-lr1" ;;
esac
VERB
chmod +x verbs/verb
for verb in select propose review implement check pretrain evaluate; do ln -s verb verbs/$verb; done
export GRADUS_BIN=$PWD/verbs
bin/new exp --from tiny --quiet > /dev/null
submit_it() { sbatch --parsable --output=out "$GRADUS_SOURCE/slurm/generation.sbatch" exp "$@" > id; }
quiet() { local i; for ((i = 0; i < 600; i++)); do [ "$(jobs_left)" != 0 ] || return 0; sleep 0.2; done; fail "still queued: $(squeue)"; }

# 1. A run crashes whenever it runs: it is set aside, and decided without.
echo g001-001 > crash
submit_it
quiet
closed exp 1 || fail "a generation: $(tail -n 9 exp/logs/driver.log)"
same "begun" "$(grep -c 'pretrain' begun) $(grep -c 'pretrain.*g001-001' begun) $(grep -c evaluate begun)" "3 2 1"
grep -q -- --without-unfinished exp/selected/g001-close.yaml || fail "decided with what was set aside: $(cat exp/selected/*)"
grep -q -- --without-unfinished exp/selected/g001-pico.yaml && fail "before it there was nothing to pass over"
grep -q "g001-001.* is set aside: it crashed 2 times alike" exp/logs/driver.log || fail "nothing is said: $(cat exp/logs/driver.log)"

# 2. One that fails stops it after three times, by name; mended and submitted again it goes on.
echo g002-000 > broken
submit_it
quiet
closed exp 2 && fail "closed without a failed run"
grep -q "g002-000.* failed 3 times, the last with code 2: no space" exp/logs/driver.log || fail "failure: $(tail -n 5 exp/logs/driver.log)"
same "times of a failure" "$(grep -c 'pretrain.*g002-000' begun)" 3
rm broken
submit_it
quiet
closed exp 2 || fail "not mended: $(tail -n 9 exp/logs/driver.log)"
closed exp 3 && fail "a generation more than asked for"

# 3. A stop file, the cap, words.
touch exp/stop
submit_it
quiet
closed exp 3 && fail "closed in spite of a stop file"
rm exp/stop
submit_it --generations 4
quiet
grep -q "4 generations, limits.generations in .* is 3" exp/logs/driver.log || fail "the cap: $(tail -n 2 exp/logs/driver.log)"
submit_it --generation 1
quiet
grep -q "unknown option '--generation'" out || fail "words: $(cat out)"
bash "$GRADUS_SOURCE/slurm/generation.sbatch" exp 2> err
same "code without Slurm" $? 2
grep -q 'sbatch slurm/generation.sbatch EXP' err || fail "without Slurm: $(cat err)"
[ $failed = 0 ] && echo "driver_test: passed"
exit $failed
