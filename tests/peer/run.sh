#!/usr/bin/env bash
# All comparisons with stock PyTorch: one line a peer, then `N passed, M failed`; ends non-zero if one differs.
# Usage: PEER_PYTHON=python bash tests/peer/run.sh [build/bin]
set -uo pipefail
root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
export GRADUS_BIN=${1:-${GRADUS_BIN:-$root/build/bin}} GRADUS_SOURCE=$root OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
export PEER_PYTHON=${PEER_PYTHON:-python3}
"$PEER_PYTHON" -c 'import torch, numpy, h5py' || { echo "peer: '$PEER_PYTHON' has no torch, numpy or h5py" >&2; exit 2; }
work=$(mktemp -d "${TMPDIR:-/tmp}/gradus-peer.XXXXXX")
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# peer NAME COMMAND…: its last line is the measure shown; what it needs and is not there counts as failed.
peer() {
  local name=$1 start=$SECONDS verdict=ok
  shift
  if "$@" > "$work/log" 2>&1; then passed=$((passed + 1)); else verdict=FAILED failed=$((failed + 1)); fi
  printf '%-10s %-6s %3d s  %s\n' "$name" "$verdict" $((SECONDS - start)) "$(tail -n 1 "$work/log" | cut -c -150)"
  [ "$verdict" = ok ] || sed "s/^/  $name: /" "$work/log"
}

# The trainer: our own plain GPT2 and the seeds from their units, each against a PyTorch loop.
train_peer() {
  local which=$1 run=$work/$1-$2 model=()
  [ $# -lt 3 ] || { model=("$run.py"); "$GRADUS_BIN/export" "$3" --scale pico -o "$run.py" || return; }
  "$GRADUS_BIN/train_driver" corpus "$work/corpus" &&
    "$GRADUS_BIN/train_driver" train "$work/corpus" "$run" steps=50 "$which=$2" &&
    "$GRADUS_BIN/train_driver" dump "$work/corpus" "$run.h5" steps=50 "$which=$2" &&
    "$PEER_PYTHON" "$root/tests/peer/train_peer.py" "$run.h5" "$run/log.jsonl" "${model[@]}"
}

peer units "$PEER_PYTHON" "$root/tests/peer/references_peer.py"
peer syntax "$PEER_PYTHON" -W ignore "$root/tests/unit/parse_peer.py" "$GRADUS_BIN/unit_parse_test" # as CPython parses
peer templates "$PEER_PYTHON" -W ignore "$root/tests/peer/template_peer.py" "$GRADUS_BIN/base_driver" # as Jinja2 renders
[ -e "$root/tests/peer/operators_peer.sh" ] && peer operators bash "$root/tests/peer/operators_peer.sh"
[ -e "$root/tests/peer/export_peer.sh" ] && peer export bash "$root/tests/peer/export_peer.sh"
peer eval bash "$root/tests/peer/eval_peer.sh" # as lm-evaluation-harness scores
peer hub bash "$root/tests/peer/hub_peer.sh" # as transformers loads an export
peer snippets bash "$root/tests/peer/snippets_peer.sh" # as the pages say that results are read
peer serve bash "$root/tests/peer/serve_peer.sh"
peer train train_peer reference 1
peer gpt2 train_peer seed 1
n=1
for seed in mamba2 retnet rwkv6 ttt_linear; do n=$((n + 1)); peer "$seed" train_peer seed $n "$seed"; done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
