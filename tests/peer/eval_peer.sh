#!/usr/bin/env bash
# Tasks against lm-evaluation-harness: a small seed learns the made rows of data/tasks by heart, so that greedy hits
# exist, and both score them. The harness comes into a virtual environment beside the peer's, once (about 300 MB).
# Usage: PEER_PYTHON=python bash tests/peer/eval_peer.sh [TASK…]
set -euo pipefail
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
root=$here/../.. bin=${GRADUS_BIN:-$here/../../build/bin}
# shellcheck source=tests/peer/eval_venv.sh
source "$here/eval_venv.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/gradus-eval.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

"$venv/bin/python" "$here/eval_corpus.py" "$root/data/tasks" text.jsonl > /dev/null
"$bin/new" exp --from "$here/eval_peer.yaml"
"$bin/prepare" exp --text text.jsonl
design=exp/designs/g000/g000-000
"$bin/check" "$design" && "$bin/pretrain" "$design" --scale peer --quiet
"$bin/export" "$design" --scale peer --weights "$design/runs/peer-s0-lr1" -o seed.py
tasks=${*:-lambada_openai hellaswag arc_easy winogrande mathqa swag wsc273 cola mrpc qnli blimp_supplement triviaqa}
options=(--task "$here/rolling.yaml") files=("$here/rolling.yaml")
for task in $tasks; do
  options+=(--task "$task")
  files+=("$root/configs/tasks/$task.yaml")
done
"$bin/evaluate" "$design" --scale peer --data "$root/data/tasks" --bootstrap 1000 "${options[@]}"
ours=$design/evaluate/peer-s0-lr1-tasks
"$venv/bin/python" -W ignore "$here/eval_peer.py" seed.safetensors exp/corpus/v512.model "$ours.yaml" "$ours.h5" 640 \
  "$root/data/tasks" 0 "${files[@]}"
