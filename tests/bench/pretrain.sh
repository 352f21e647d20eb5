#!/usr/bin/env bash
# A whole training step of the GPT2 seed's shape beside stock PyTorch's, eager and compiled, as installed and tuned (page-
# keeping malloc, scaled_dot_product_attention, fused AdamW, the faster of two matrix back ends): runs in turn, medians.
#   share: FLOPs of a step over its time, over the rate of the best matrix product measured in the same process
# Usage: PEER_PYTHON=python bash tests/bench/pretrain.sh [D:CONTEXT:BATCH…]     (128:1024:2 128:2048:1 256:1024:2)
#   ROUNDS (3), THREADS (2), STEPS a round (5), WAYS (gradus-bf16 and those of step_ways.py)
set -euo pipefail
root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
bin=${GRADUS_BIN:-$root/build/bin} python=${PEER_PYTHON:-python3}
rounds=${ROUNDS:-3} threads=${THREADS:-2} steps=${STEPS:-5}
ways=${WAYS:-eager eager-tuned eager-tuned-onednn compile compile-tuned compile-tuned-onednn}
[ $# -gt 0 ] || set -- 128:1024:2 128:2048:1 256:1024:2
work=$(mktemp -d "${TMPDIR:-/tmp}/gradus-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=$threads
"$python" -c 'import torch' || { echo "bench: '$python' has no torch: run it by make -f Makefile.ci bench" >&2; exit 2; }
value() { sed -n "s/^$1\t//p" "$2" | sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
spread() { sed -n "s/^$1\t//p" "$2" | sort -n | awk '{v[NR] = $1} END {printf "%.0f-%.0f", v[1], v[NR]}'; }
keep='MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=2000000000 MALLOC_TOP_PAD_=67108864'
for shape in "$@"; do
  IFS=: read -r d context batch <<< "$shape"
  for _ in $(seq "$rounds"); do
    for mkl in 0 1; do
      "$bin/train_driver" speed d="$d" context="$context" batch="$batch" threads="$threads" steps="$steps" mkl=$mkl \
        >> "$work/gradus-$mkl"
    done
    for way in $ways; do
      if [ "$way" = gradus-bf16 ]; then
        "$bin/train_driver" speed d="$d" context="$context" batch="$batch" threads="$threads" steps="$steps" half=1 >> "$work/$way"
        continue
      fi
      setting=''
      case $way in *tuned*) setting=$keep ;; esac
      # shellcheck disable=SC2086  # one word an assignment
      env $setting "$python" "$root/tests/bench/step_ways.py" "$way" "$d" "$context" "$batch" "$threads" "$steps" \
        >> "$work/$way" 2> "$work/error" || { tail -n 3 "$work/error" >&2; exit 2; }
    done
  done
  ours=gradus-0
  [ "$(value step "$work/gradus-1" | cut -d. -f1)" -ge "$(value step "$work/gradus-0" | cut -d. -f1)" ] || ours=gradus-1
  step=$(value step "$work/$ours")
  printf '\nd %s, context %s, batch %s, %s threads, %s GFLOP a step\n' "$d" "$context" "$batch" "$threads" "$(value gflop "$work/$ours")"
  printf '%-22s %9s %11s %9s %7s %9s\n' way ms spread memory_mb share '/ gradus'
  for way in "$ours" $ways; do
    printf '%-22s %9.1f %11s %9.0f %7.2f %9.2f\n' "$way" "$(value step "$work/$way")" "$(spread step "$work/$way")" \
      "$(value memory_mb "$work/$way")" "$(value share_of_peak "$work/$way")" \
      "$(awk "BEGIN {print $(value step "$work/$way") / $step}")"
  done
  for part in 'zero' 'trunk forward' 'head and loss' 'trunk backward' 'optimizer'; do
    printf '  %-20s %9.1f\n' "$part" "$(value "$part" "$work/$ours")"
  done
  rm -f "$work"/*
done
