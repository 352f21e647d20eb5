#!/usr/bin/env bash
# Exported designs against stock PyTorch: the GPT2 seed, every built-in one, and random trees of the genetic engine
# (GRADUS_TREES, 20). Called by tests/peer/run.sh.
# Usage: PEER_PYTHON=python bash tests/peer/export_peer.sh [build/bin]
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
bin=${1:-${GRADUS_BIN:-$here/../../build/bin}}
work=$(mktemp -d "${TMPDIR:-/tmp}/gradus-peer.XXXXXX")
trap 'rm -rf "$work"' EXIT
GRADUS_PEER_DIR=$work "$bin/design_export_test" --gtest_filter='*PeerFiles' > "$work/log" 2>&1 || { cat "$work/log"; exit 1; }
"$bin/agent_driver" export "$work" "${GRADUS_TREES:-20}"
"${PEER_PYTHON:-python3}" "$here/export_peer.py" "$work"
"${PEER_PYTHON:-python3}" "$here/gpt2_peer.py" "$work"
"$bin/export" gpt2 --scale pico -o "$work/tool.py" > /dev/null
"${PEER_PYTHON:-python3}" "$work/tool.py" | grep -x '18,640 parameters'
