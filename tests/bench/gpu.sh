#!/usr/bin/env bash
# The CUDA path on this machine's GPU, part by part; nothing is asserted, every line is a number to look at.
#   equal   the five seeds at nano: largest relative difference of the loss to the CPU's over 20 steps, both precisions
#   killed  killed by SIGKILL and gone on with: the weights' hash beside that of a whole run; then scored on the CPU
#   speed   the GPT2 seed at 14M, 124M and 350M in bfloat16, recorded and plain: tokens a second and MFU of 989 TFLOP/s,
#           by 6 N + 6 L C T a token (llm.c's formula; half of attention's square) and by 6 N + 12 L C T (PaLM's)
#   packed  four 14M runs at once on the GPU: tokens a second together, designs an hour
#   peer    PyTorch's eager and compiled loop at the same shapes
# Usage: PEER_PYTHON=python bash tests/bench/gpu.sh TEXT_FOLDER [PART…]     (10 MB of text or more: 50,304 tokens)
#   GPU_WORK: a folder for the experiments, kept; what is there is not made again
set -euo pipefail
root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
bin=${GRADUS_BIN:-$root/build/bin} python=${PEER_PYTHON:-python3} text=$1
shift
[ $# -gt 0 ] || set -- equal killed speed packed peer
work=${GPU_WORK:-$(mktemp -d "${TMPDIR:-/tmp}/gradus-gpu.XXXXXX")}
mkdir -p "$work"
cd "$work"
all=(gpt2 mamba2 retnet rwkv6 ttt_linear)
make() {  # NAME SETTING…: an experiment, its corpus and its designs through the gate
  [ ! -e "$1/done" ] || return 0
  "$bin/new" "$1" "${@:2}" --quiet > /dev/null
  "$bin/prepare" "$1" --text "$text" --quiet > /dev/null
  "$bin/check" "$1"/designs/g000/* --quiet > /dev/null
  touch "$1/done"
}
make seeds --from demo --set "experiment.baselines=[$(IFS=,; echo "${all[*]}")]" --set "experiment.rungs=[nano]" \
  --set scales.nano.tokens=10240
make speed --from "$root/tests/bench/gpu.yaml"
train() { "$bin/pretrain" "${@:2}" "$1" --quiet > /dev/null; }  # DESIGN OPTION…
field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p" "$2" | tail -n 1; }
equal() {
  for i in 0 1 2 3 4; do
    local design=seeds/designs/g000/g000-00$i
    rm -rf "$design"/runs
    train "$design" --scale nano --device cpu
    grep '"loss"' "$design/runs/nano-s0-lr1/log.jsonl" | sed 's/.*"loss":\([^,]*\).*/\1/' > cpu
    for precision in float32 bfloat16; do
      rm -rf "$design"/runs
      train "$design" --scale nano --device cuda --set pretrain.precision=$precision
      grep '"loss"' "$design/runs/nano-s0-lr1/log.jsonl" | sed 's/.*"loss":\([^,]*\).*/\1/' | paste cpu - |
        awk -v name="${all[$i]}" -v p=$precision -v r="$(field recorded "$design/runs/nano-s0-lr1/log.jsonl")" '
          {d = ($2 - $1) / $1; d = d < 0 ? -d : d; if (NR <= 5 && d > first) first = d; if (d > most) most = d}
          END {printf "equal\t%-10s %-8s first five steps %.1e  all %.1e  recorded %s\n", name, p, first, most, r}'
    done
  done
}
peer() {
  local ways="$root/tests/bench/gpu_ways.py"
  for way in eager compile; do
    "$python" -W ignore "$ways" $way 128 6 32000 2048 256 32 8 | sed 's/^/peer	14M	/'
    "$python" -W ignore "$ways" $way 768 12 50304 1024 512 32 8 | sed 's/^/peer	124M	/'
    "$python" -W ignore "$ways" $way 1024 24 50304 1024 512 16 5 | sed 's/^/peer	350M	/'
  done
}
# shellcheck source=tests/bench/gpu_parts.sh
. "$root/tests/bench/gpu_parts.sh"
for part in "$@"; do "$part"; done
