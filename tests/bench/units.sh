#!/usr/bin/env bash
# How fast the seeds and the units of the library are beside the same modules in stock PyTorch eager (exported): the blocks
# of a whole design fitted to a scale, forward and backward without head and optimizer, one thread, both with malloc that
# keeps its pages and the faster matrix back end; medians. Nothing is asserted.
# Usage: PEER_PYTHON=python bash tests/bench/units.sh [SCALE]     (nano)
set -euo pipefail
root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
bin=${GRADUS_BIN:-$root/build/bin} python=${PEER_PYTHON:-python3} scale=${1:-nano}
work=$(mktemp -d "${TMPDIR:-/tmp}/gradus-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1 MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=2000000000 MALLOC_TOP_PAD_=67108864
of_scale() { sed -n "/^  $scale:/,/^  [a-zA-Z0-9]*:/s/^    $1: //p" "$root/configs/scales.yaml"; }
tokens=$(of_scale batch_tokens)
"$bin/check_driver" speed "$work" "$scale" | sort > "$work/ours"
"$python" "$root/tests/bench/units.py" "$work" "$tokens" "$(of_scale context)" | sort > "$work/theirs"
printf '%-28s %12s %12s %10s   (%s, blocks forward and backward)\n' design 'tokens/s' PyTorch '/ PyTorch' "$scale"
join -t $'\t' "$work/ours" "$work/theirs" | awk -F'\t' -v n="$tokens" '
  {printf "%-28s %12.0f %12.0f %10.2f\n", $1, 1000 * n / $2, 1000 * n / $3, $3 / $2}'
