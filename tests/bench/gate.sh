#!/usr/bin/env bash
# What the gate costs: seconds on one core by tier and check, for the GPT2 seed at a scale and for designs of the library
# at nano. Process start is not counted. Nothing is asserted. The causality check's FLOPs are check.*_gflop.
# Usage: bash tests/bench/gate.sh [SCALE]     (14M)
set -euo pipefail
root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
bin=${GRADUS_BIN:-$root/build/bin}
export OMP_NUM_THREADS=1
scale=${1:-14M}
echo "GPT2 seed at $scale, seconds by check"
"$bin/check_driver" gate "$scale" | awk -F'\t' '
  BEGIN {tier = "fast"}
  # The fast tier ends with its state check, the full one with the second of that name.
  $2 > 0 {printf "  %-9s %-26s %7.3f\n", tier, $1, $2; sum[tier] += $2}
  $1 == "state" {tier = tier == "fast" ? "full" : "learning"}
  END {printf "fast %.2f s, full %.2f s, learning and controls %.2f s\n", sum["fast"], sum["full"], sum["learning"]}'
echo
echo "fast and full tier at nano, seconds in all"
for unit in linear_attention gated_linear_attention gated_recurrence short_convolution sliding_window_attention; do
  file=$root/data/canaries/honest/$(case $unit in
    linear_attention) echo linear_attention_chunked ;; gated_linear_attention) echo gated_linear_attention_loop ;;
    gated_recurrence) echo gated_recurrence ;; short_convolution) echo gated_short_convolution ;;
    *) echo sliding_window_attention ;;
  esac).py
  "$bin/check" --verbose --file "$file" 2>&1 > /dev/null | awk -v unit="$unit" '
    match($0, /[0-9.]+ s($|  )/) {s = substr($0, RSTART, RLENGTH); sub(/ s.*/, "", s); all += s}
    END {printf "  %-28s %7.2f\n", unit, all}'
done
