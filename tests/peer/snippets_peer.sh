#!/usr/bin/env bash
# What data/README.md says of reading results without Gradus, run as it stands on an experiment of its own: its Python blocks by
# h5py, pandas and PyYAML (the environment of eval_venv.sh), its bash blocks line by line where their programs are.
# Usage: PEER_PYTHON=python bash tests/peer/snippets_peer.sh
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
bin=${GRADUS_BIN:-$here/../../build/bin} page=$here/../../data/README.md
# shellcheck source=tests/peer/eval_venv.sh
source "$here/eval_venv.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/gradus-snippets.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/text"
cp "$here"/../../*.md "$here"/*.py "$work/text"
cd "$work"
"$bin/new" exp --from tiny --quiet > /dev/null
"$bin/prepare" exp --text text --quiet > /dev/null
"$bin/check" exp/designs/g000/g000-000 --quiet | "$bin/pretrain" - --scale pico --quiet | "$bin/evaluate" - --quiet > scores.tsv
block() { sed -n '/^## Without Gradus/,/^## exp/p' "$page" | sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" | grep -v '^```'; }

block python > snippet.py
[ -s snippet.py ] || { echo "no Python in 'Without Gradus' of $page"; exit 1; }
"$venv/bin/python" -W ignore snippet.py > said
score=$(cut -f 4 scores.tsv)
grep -q "$(printf '%.4f' "$score") bits per byte, made again" said || { echo "another score than evaluate's $score:"; cat said; exit 1; }
grep -q '^g000-000 *pico-s0-lr1 ' said || { cat said; exit 1; }
grep -q '^pretrain ' said || { cat said; exit 1; }
n=0
while IFS= read -r line; do
  command -v "${line%% *}" > /dev/null || { echo "no '${line%% *}' here: not run: $line"; continue; }
  bash -o pipefail -c "$line" > said || { echo "fails: $line"; exit 1; }
  [ -s said ] || { echo "says nothing: $line"; exit 1; }
  n=$((n + 1))
done < <(block bash)
echo "results read without Gradus: the Python of the page and $n commands"
