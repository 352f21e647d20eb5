#!/usr/bin/env bash
# A generation on a private Slurm, disturbed all the way, decides and scores to the bit what a calm one on this machine does;
# a second submission notices the first.
set -uo pipefail
# shellcheck source=tests/slurm/fixture.sh
source "$(dirname "$(realpath "$0")")/fixture.sh"
enter_cluster 4
failed=0
fail() { echo "generation_test: $*"; failed=1; }
small=("experiment.rungs=[pico]" rules.baseline_seeds=1)
experiment calm "${small[@]}"
cp -r calm stormy
bash "$GRADUS_SOURCE/slurm/run.sh" calm 2> calm.log || fail "calm: $(tail -n 3 calm.log)"

# Submitted twice at once: one does it, the other says so. Then a driver dies, a task's shell, a node; all is cancelled and
# submitted again.
for i in 1 2; do sbatch --output="$i.out" "$GRADUS_SOURCE/slurm/generation.sbatch" stormy > /dev/null; done
for _ in {1..200}; do
  ! grep -qs 'has its driver' stormy/logs/driver.log || break
  sleep 0.2
done
# shellcheck disable=SC2154 # of fixture.sh
EVENTS="4 3 5 10" bash "$tests/chaos.sh" "$cluster" stormy 1 1 || fail "chaos: $(tail -n 20 stormy/logs/driver.log)"
[ "$(grep -c 'has its driver' stormy/logs/driver.log)" = 1 ] || fail "the second submission: $(cat stormy/logs/driver.log)"
same_results calm stormy || fail "disturbed it has other results"
bin/status stormy | grep -q '^tiny: 1 generations closed' || fail "status: $(bin/status stormy)"
[ $failed = 0 ] && echo "generation_test: passed"
exit $failed
