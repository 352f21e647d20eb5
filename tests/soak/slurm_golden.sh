#!/usr/bin/env bash
# The experiment of the first build (tests/golden) goes on under Slurm: its next generation, and nothing of the last is
# written again.
set -uo pipefail
# shellcheck source=tests/slurm/fixture.sh
source "$(dirname "$(realpath "$0")")/../slurm/fixture.sh"
enter_cluster 2
tar xzf "$GRADUS_SOURCE/tests/golden/experiment.tar.gz"
sums() { find experiment/designs/g00[01] experiment/selected experiment/experiment.yaml -type f -not -name '*.log' -print0 | sort -z | xargs -0 sha256sum; }
sums > before
last=$(find experiment/selected -name 'g*-close.yaml' | wc -l)
sbatch --parsable --output=out "$GRADUS_SOURCE/slurm/generation.sbatch" experiment > /dev/null
until_closed experiment $((last + 1)) 1200 || exit 1
sha256sum --quiet -c before || { echo "finished work was written again"; exit 1; }
echo "soak/slurm_golden: passed"
