#!/usr/bin/env bash
# Every later build reads what the first one wrote: tests/golden/experiment.tar.gz, an experiment of one proposal on toy models,
# made by the recipe of slurm/run.sh from tests/golden/golden.yaml and seven headers of common/base as text. All stages say
# what they said, nothing is written again, and the weights score what they scored. The archive is never made anew: when a
# format changes, its readers keep reading this one.
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source=tests/tools/fixture.sh
source "$here/../tools/fixture.sh"
enter_fixture
tar xzf "$here/experiment.tar.gz"

sums() { find experiment -type f -not -path '*/ledger/*' -print0 | sort -z | xargs -0 sha256sum; }
sums > before
failed=0
expect() { # WANTED COMMAND…: its first three columns, and for finished work no progress but this
  local want=$1 got
  shift
  if ! got=$("$@" 2> stderr | cut -f 1-3) || [ "$got" != "$want" ]; then
    printf '%s\n  wanted %s\n  got    %s\n' "$*" "$want" "$got"
    cat stderr
    failed=1
  fi
}
seed=experiment/designs/g000/g000-000 other=experiment/designs/g001/g001-000 run=runs/femto-s0-lr1
expect "$seed"$'\tok\t.' bin/new experiment --from "$here/golden.yaml"
expect "$other"$'\tok\t.' bin/propose experiment --generation 1
for verb in review implement check; do expect "$other"$'\tok\t.' "bin/$verb" "$other"; done
expect "$seed"$'\tok\t'"$seed/$run" bin/pretrain "$seed"   # the other's weights are left out, for size
for design in "$seed" "$other"; do expect "$design"$'\tok\t'"$design/$run" bin/evaluate "$design"; done
expect "$seed"$'\tok\t'"$seed/$run"$'\n'"$other"$'\tok\t'"$other/$run" bin/select experiment --generation 1 --stage femto
bin/report experiment --text | grep -q '2  g001-000 .*-0\.2010' || { echo "report: another leaderboard"; failed=1; }
sums | diff before - || { echo "finished work was written again"; failed=1; }

# The weights themselves: read again, they give the bits per byte on record.
score() { sed -n '/validation:/,$s/^ *bits_per_byte: //p' "$seed/evaluate/femto-s0-lr1.yaml" | head -n 1; }
was=$(score)
bin/evaluate --force "$seed" > /dev/null 2> stderr || { cat stderr; failed=1; }
awk -v a="$was" -v b="$(score)" 'BEGIN { d = a - b; exit !(a > 0 && d * d < 1e-8) }' || { echo "scored $(score), not $was"; failed=1; }
bin/export "$seed" --weights "$seed/$run" -o golden.py > /dev/null
grep -q '__metadata__.*weights_hash' golden.safetensors || { echo "export: no weights"; failed=1; }
exit $failed
