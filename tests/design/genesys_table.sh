#!/usr/bin/env bash
# The five seed trees of Genesys (tests/design/genesys: written anew from their equations, faults included), imported and
# put through the gate's fast tier three times: at 14M; at 14M with wide tolerances, for a design that does not fit is
# judged no further; and, wide, at 14M and 70M. A line a seed: built or not, and the gate's reason, each time.
# Usage: bash tests/design/genesys_table.sh [SEED…]
set -euo pipefail
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
bin=$(realpath "${GRADUS_BIN:-$here/../../build/bin}")
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
[ $# -gt 0 ] || set -- gpt2 mamba2 retnet rwkv6 ttt
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"

make_experiment() { # NAME RUNGS TOLERANCE BLOCK_TOLERANCE
  printf '%s\n' "format: 1" "name: $1" "rungs: [$2]" "baselines: [gpt2]" "check:" "  parameter_tolerance: $3" \
    "  block_tolerance: $4" "  tier: fast" "  canaries: none" "  seconds: 900" > "$1.yaml"
  "$bin/new" "$1" --from "$1.yaml" > /dev/null
}

judge() { # EXPERIMENT SEED: verdict, reason, what was told
  local record told
  record=$("$bin/implement" --quiet --from "$here/genesys/$2" "$1" || true)
  told=$(sed -n 's/^ *told: //p' "$(cut -f 1 <<< "$record")/implement.yaml" | sed -E 's/.*\\n([A-Za-z]+Error: )/\1/' | head -n 1)
  printf '%s\t%s' "$(cut -f 2,4 <<< "$record")" "${told:0:200}"
}

make_experiment fits 14M 0.02 0.05
make_experiment wide 14M 0.9 0.9
make_experiment taller "14M, 70M" 0.9 0.9
printf '# design\tat 14M\treason\ttold\twide\treason\ttold\twide, 70M too\treason\ttold\n'
for seed in "$@"; do
  printf '%s\t%s\t%s\t%s\n' "$seed" "$(judge fits "$seed")" "$(judge wide "$seed")" "$(judge taller "$seed")"
done
