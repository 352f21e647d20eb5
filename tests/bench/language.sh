#!/usr/bin/env bash
# What the unit language costs beside C++ on libtorch and beside stock PyTorch, on one thread; medians, nothing asserted.
#   loop: h = a[:, t] * h + b[:, t] over 1,024 tokens, autograd recording, four operators a token
#   nano step: the GPT2 seed's hidden states and their gradients, without head and optimizer; both keep their pages and
#   take the faster matrix back end
# Usage: PEER_PYTHON=python bash tests/bench/language.sh
set -euo pipefail
root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
bin=${GRADUS_BIN:-$root/build/bin} python=${PEER_PYTHON:-python3}
work=$(mktemp -d "${TMPDIR:-/tmp}/gradus-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1
"$bin/export" gpt2 --scale nano -o "$work/nano.py" > /dev/null
of_nano() { sed -n "/^  nano:/,/^  [a-z0-9]*:/s/^    $1: //p" "$root/configs/scales.yaml"; }
for _ in 1 2 3; do
  "$bin/check_driver" language >> "$work/ours"
  MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=2000000000 MALLOC_TOP_PAD_=67108864 "$python" "$root/tests/bench/language.py" \
    "$work/nano.py" "$(of_nano batch_tokens)" "$(of_nano context)" >> "$work/theirs"
done
median() { grep -P "^$1\t" "$work/$2" | cut -f "$3" | sort -n | sed -n 2p; }
printf '%-26s %9s %9s %9s %7s %9s\n' milliseconds gradus 'C++' PyTorch '/ C++' '/ PyTorch'
cut -f 1 "$work/theirs" | head -3 | while read -r name; do
  gradus=$(median "$name" ours 2) plain=$(median "$name" ours 3) peer=$(median "$name" theirs 2)
  awk -v n="$name" -v g="$gradus" -v c="$plain" -v p="$peer" \
    'BEGIN {printf "%-26s %9.3f %9.3f %9.3f %7.3f %9.3f\n", n, g, c, p, g / c, g / p}'
done
echo "an operator of the loop, forward: $(median 'loop forward' ours 2 | awk '{printf "%.2f", 1000 * $1 / 4096}') µs"
