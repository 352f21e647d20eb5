#!/usr/bin/env bash
# The unit language against stock PyTorch: the cases of CASES.tsv in both, outputs and gradients compared.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${PEER_PYTHON:-python3}
# The cases use einops, in PyTorch the real one.
"$python" -c 'import einops' 2> /dev/null || "$python" -m pip install --quiet einops==0.8.2
"${GRADUS_BIN:?}/../tests/run_cases" "$here/CASES.tsv" "$here/cases" "$work/ours"
"$python" "$here/torch_cases.py" "$here/CASES.tsv" "$here/cases" "$work/torch"
"$python" "$here/compare_cases.py" "$here/CASES.tsv" "$work/ours" "$work/torch"
