#!/usr/bin/env bash
# The unit language against stock PyTorch: the cases of CASES.tsv in both, outputs and gradients compared.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${GRADUS_BIN:?}/../tests/run_cases" "$here/CASES.tsv" "$here/cases" "$work/ours"
"${PEER_PYTHON:-python3}" "$here/torch_cases.py" "$here/CASES.tsv" "$here/cases" "$work/torch"
"${PEER_PYTHON:-python3}" "$here/compare_cases.py" "$here/CASES.tsv" "$work/ours" "$work/torch"
