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

# 1. Two submissions at once: one does it, the other says so; a third, when it is closed, would make the next one.
cp -r stormy twice
for i in 1 2; do sbatch --output="$i.out" "$GRADUS_SOURCE/slurm/generation.sbatch" twice > /dev/null; done
until_closed twice 1 200 || fail "twice"
[ "$(grep -c 'has its driver' twice/logs/driver.log)" = 1 ] || fail "the second submission: $(cat twice/logs/driver.log)"
[ "$(grep -c '^submitted' twice/slurm/drivers.tsv)" = 4 ] || fail "arrays: $(cat twice/slurm/drivers.tsv)"
same_results calm twice || fail "submitted twice it has other results"

# 2. Disturbed.
bash "$tests/chaos.sh" "$cluster" stormy 1 2 || fail "chaos"
same_results calm stormy || fail "disturbed it has other results"
[ $failed = 0 ] && echo "generation_test: passed"
exit $failed
