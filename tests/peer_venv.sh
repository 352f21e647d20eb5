#!/usr/bin/env bash
# Stock PyTorch for `make -f Makefile.ci peer`: a virtual environment, made once (about 5 GB: PyPI's torch brings CUDA).
# Usage: bash tests/peer_venv.sh DIR
set -euo pipefail
venv=$1
wanted="torch==2.15.0 numpy==2.4.6 h5py==3.16.0"
mkdir -p "$(dirname "$venv")"
exec 9> "$venv.lock"
flock 9
# READY is written last: without it, or with other versions in it, the environment is made anew.
[ "$(cat "$venv/READY" 2> /dev/null)" = "$wanted" ] && exit 0
free_kib=$(df --output=avail -k "$(dirname "$venv")" | tail -n 1)
[ "$free_kib" -gt 9000000 ] || { echo "peer: error: '$venv' needs 9 GB, free are $((free_kib / 1024)) MiB" >&2; exit 2; }
echo "peer: bringing $wanted into $venv"
started=$SECONDS
rm -rf "$venv"
python3 -m venv "$venv"
mkdir "$venv/tmp"
# shellcheck disable=SC2086 # three words
TMPDIR="$venv/tmp" "$venv/bin/python" -m pip install --quiet --no-cache-dir $wanted
rm -rf "$venv/tmp"
echo "$wanted" > "$venv/READY"
echo "peer: PyTorch is there after $((SECONDS - started)) s"
