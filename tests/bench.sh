#!/usr/bin/env bash
# How fast the trainer is beside stock PyTorch: the same model (exported), batches of the same shape, one thread, runs
# of both in turn, medians of the milliseconds a step. Nothing is asserted: machines differ; the ratio is what counts.
# Usage: PEER_PYTHON=python bash tests/bench.sh [SCALE:STEPS…]
#   nano:150 micro:20, then language.sh, units.sh and pretrain.sh; three rounds
set -euo pipefail
root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
bin=${GRADUS_BIN:-$root/build/bin} python=${PEER_PYTHON:-python3}
all=''
[ $# -gt 0 ] || { set -- nano:150 micro:20; all=1; }
work=$(mktemp -d "${TMPDIR:-/tmp}/gradus-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1
"$python" -c 'import torch' || { echo "bench: '$python' has no torch: run it by make -f Makefile.ci bench" >&2; exit 2; }
head -c 4000000 < <(cat /usr/include/*.h /usr/include/*/*.h 2> /dev/null) > "$work/text.txt"

scale_of() { sed -n "/^  $1:/,/^  [a-z0-9]*:/s/^    $2: //p" "$root/configs/scales.yaml"; }
milliseconds_a_step() { # of ours: the steps alone, as theirs
  sed -nE 's/.*"event":"end".*"step_seconds":([0-9.]+).*/\1/p' "$1" | awk -v n="$2" '{printf "%.1f\n", 1000 * $1 / n}'
}
median() { sort -n | sed -n 2p; }

printf '%-8s %10s %10s %8s   (milliseconds a step, one thread, median of 3)\n' scale gradus PyTorch ratio
for entry in "$@"; do
  scale=${entry%:*} steps=${entry#*:}
  exp=$work/$scale
  batch=$(scale_of "$scale" batch_tokens) context=$(scale_of "$scale" context)
  "$bin/new" "$exp" --from demo --set "scales.$scale.tokens=$((steps * batch))" --set "experiment.rungs=[$scale]" \
    --set "pretrain.validate_steps=$steps" --set "pretrain.checkpoint_steps=$steps" --quiet > /dev/null
  "$bin/prepare" "$exp" --text "$work/text.txt" --quiet > /dev/null
  "$bin/check" "$exp/designs/g000/g000-000" --quiet > /dev/null
  "$bin/export" gpt2 --scale "$scale" -o "$work/$scale.py" > /dev/null
  for round in 1 2 3; do
    "$bin/pretrain" "$exp/designs/g000/g000-000" --scale "$scale" --seed "$round" --quiet > /dev/null
    milliseconds_a_step "$exp/designs/g000/g000-000/runs/$scale-s$round-lr1/log.jsonl" "$steps" >> "$work/$scale.ours"
    "$python" "$root/tests/bench/step.py" "$work/$scale.py" "$batch" "$context" "$steps" >> "$work/$scale.theirs"
  done
  ours=$(median < "$work/$scale.ours") theirs=$(median < "$work/$scale.theirs")
  printf '%-8s %10s %10s %8s\n' "$scale" "$ours" "$theirs" "$(awk "BEGIN {printf \"%.2f\", $ours / $theirs}")"
done
[ -z "$all" ] || for more in language units pretrain; do echo; bash "$root/tests/bench/$more.sh"; done
