#!/usr/bin/env bash
# Designs exported for transformers, loaded by it with trust_remote_code: built-in designs, random trees (GRADUS_TREES, 8),
# and a trained one by the tool with its tokenizer. Called by tests/peer/run.sh.
# Usage: PEER_PYTHON=python bash tests/peer/hub_peer.sh
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
bin=${GRADUS_BIN:-$here/../../build/bin}
# shellcheck source=tests/peer/eval_venv.sh
source "$here/eval_venv.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/gradus-hub.XXXXXX")
trap 'rm -rf "$work"' EXIT
export HF_HUB_OFFLINE=1 HF_HOME=$work/hf
python() { "$venv/bin/python" -W ignore "$here/hub_peer.py" "$@"; }

mkdir "$work/text" "$work/trees"
cp "$here"/../../{*.md,*/README.md,common/base/*.h} "$here"/*.py "$work/text" 2> /dev/null || true
for vocabulary in 256 512; do
  "$bin/new" "$work/exp" --from tiny --set "scales.pico.vocabulary=$vocabulary" --quiet > /dev/null
  "$bin/prepare" "$work/exp" --text "$work/text" --quiet > /dev/null
  design=$work/exp/designs/g000/g000-000
  "$bin/check" "$design" --quiet > /dev/null
  "$bin/pretrain" "$design" --scale pico --quiet > /dev/null
  run=$design/runs/pico-s0-lr1
  "$bin/export" "$design" --weights "$run" -o "$work/" > /dev/null
  "$bin/export" "$design" --weights "$run" --transformers -o "$work/v$vocabulary" > /dev/null
  python "$work/v$vocabulary/g000-000" "$work/g000-000.safetensors" "$work/exp/corpus/text.h5" \
    "$work/exp/corpus/v$vocabulary.h5"
  rm -r "$work/exp"
done
GRADUS_PEER_DIR=$work/trees "$bin/design_export_test" --gtest_filter='*PeerFiles' > "$work/log" 2>&1 || { cat "$work/log"; exit 1; }
"$bin/agent_driver" export "$work/trees" "${GRADUS_TREES:-8}"
python "$work/trees"
