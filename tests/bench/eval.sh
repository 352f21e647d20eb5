#!/usr/bin/env bash
# How fast tasks are scored beside lm-evaluation-harness: the seed at the 14M shape on one thread, both on the same
# rows; seconds of processors for the scoring alone, after load and tokenisation. The harness: best of two batch sizes and two
# matrix back ends, with a malloc that keeps its pages. Needs the benchmarks' rows, so no other script runs it.
# Usage: PEER_PYTHON=python bash tests/bench/eval.sh DATA TEXT… -- TASK…   (TEXT: 10 MB or more, for 32,000 tokens)
set -euo pipefail
root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
bin=${GRADUS_BIN:-$root/build/bin} limit=${LIMIT:-60}
python=${XDG_CACHE_HOME:-$HOME/.cache}/gradus/eval-venv/bin/python
if [ $# -lt 4 ] || [ ! -x "$python" ]; then
  echo "bench: see the usage; tests/peer/eval_peer.sh brings the harness" >&2
  exit 2
fi
data=$(realpath "$1") texts=()
shift
while [ "$1" != -- ]; do texts+=(--text "$1"); shift; done
shift
work=$(mktemp -d "${TMPDIR:-/tmp}/gradus-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1 MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=4294967296 MALLOC_TOP_PAD_=268435456
exp=$work/exp design=$work/exp/designs/g000/g000-000 files=()
"$bin/new" "$exp" --from demo --set "experiment.rungs=[14M]" --set scales.14M.batch_tokens=2048 \
  --set scales.14M.tokens=40960 --quiet > /dev/null
"$bin/prepare" "$exp" "${texts[@]}" --quiet > /dev/null
"$bin/check" "$design" --quiet > /dev/null
"$bin/pretrain" "$design" --scale 14M --quiet > /dev/null
"$bin/export" "$design" --scale 14M --weights "$design/runs/14M-s0-lr1" -o "$work/seed.py" > /dev/null
for task in "$@"; do
  printf 'gradus  %-20s ' "$task"
  "$bin/evaluate" "$design" --scale 14M --data "$data" --limit "$limit" --bootstrap 100 --task "$task" --verbose 2>&1 |
    sed -n 's/.*debug: scored //p' | tail -n 1
  files+=("$root/configs/tasks/$task.yaml")
done
"$python" -W ignore "$root/tests/bench/eval.py" "$work/seed.safetensors" "$exp/corpus/v32000.model" 2048 "$data" \
  "$limit" "${files[@]}" 2> /dev/null | sed 's/^/lm-eval /'
