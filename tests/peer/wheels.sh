#!/usr/bin/env bash
# Foreign model code against stock PyTorch: all of torch.nn's and transformers' sources parse as CPython parses them, and
# the classes of wheels.tsv, sliced from their wheels, give equal outputs and gradients. Nothing of them is kept.
# Usage: PEER_PYTHON=python bash tests/peer/wheels.sh [ROWS]     ROWS: a pattern of rows of wheels.tsv, all by default
# The Python needs stock PyTorch; without transformers and the others in it, a virtual environment beside it is made.
set -euo pipefail
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
bin=${GRADUS_BIN:-$here/../../build/bin} python=${PEER_PYTHON:-python3} rows=${1:-.}
export OMP_NUM_THREADS=1
wanted="transformers==5.24.0 timm==1.0.31 x-transformers==2.31.10 torchtune==0.6.1 einops==0.8.2 flash-linear-attention==0.6.0"
"$python" -c 'import torch, h5py' || { echo "wheels: '$python' has no torch or h5py" >&2; exit 2; }

if ! "$python" -c 'import transformers, timm, x_transformers' 2> /dev/null; then
  venv=${XDG_CACHE_HOME:-$HOME/.cache}/gradus/wheels-venv
  if [ "$(cat "$venv/READY" 2> /dev/null)" != "$wanted" ]; then
    echo "wheels: bringing $wanted into $venv"
    rm -rf "$venv"
    python3 -m venv "$venv"
    site=$(echo "$venv"/lib/python*/site-packages)
    "$python" -c 'import torch, pathlib; print(pathlib.Path(torch.__file__).parent.parent)' > "$site/peer.pth"
    # shellcheck disable=SC2086 # several words
    "$venv/bin/python" -m pip install --quiet --no-cache-dir $wanted
    echo "$wanted" > "$venv/READY"
  fi
  python=$venv/bin/python
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/gradus-wheels.XXXXXX")
trap 'rm -rf "$work"' EXIT
failed=0
mapfile -t sources < <("$python" -c '
import pathlib, torch, importlib.util
print(*pathlib.Path(torch.__file__).parent.glob("nn/modules/*.py"), sep="\n")
root = pathlib.Path(importlib.util.find_spec("transformers").origin).parent
print(*root.glob("models/*/modeling_*.py"), sep="\n")')
"$python" -W ignore "$here/../unit/parse_peer.py" "$bin/unit_parse_test" "${sources[@]}" || failed=1

{ head -n 1 "$here/wheels.tsv"; tail -n +2 "$here/wheels.tsv" | grep -E -- "$rows"; } > "$work/rows.tsv"
"$python" -W ignore "$here/extract.py" "$work/rows.tsv" "$work/slices" 2> /dev/null
"$bin/../tests/run_cases" "$work/slices/CASES.tsv" "$work/slices" "$work/ours"
"$python" -W ignore "$here/torch_cases.py" "$work/slices/CASES.tsv" "$work/slices" "$work/torch" 2> /dev/null
"$python" "$here/compare_cases.py" "$work/slices/CASES.tsv" "$work/ours" "$work/torch" --quiet || failed=1
"$python" -W ignore "$here/foreign_peer.py" 2> /dev/null || failed=1  # the loops of tests/unit/foreign, on the packages
exit $failed
