# lm-evaluation-harness and transformers in a virtual environment beside the peer's, made once (about 300 MB); sourced.
# Sets `venv`.
# shellcheck shell=bash
wanted="lm_eval==0.4.13 transformers==5.24.0 tokenizers==0.23.3 datasets==5.2.0 sentencepiece==0.2.3 accelerate==1.15.0"
venv=${XDG_CACHE_HOME:-$HOME/.cache}/gradus/eval-venv
if [ "$(cat "$venv/READY" 2> /dev/null)" != "$wanted" ]; then
  echo "eval: bringing $wanted into $venv"
  rm -rf "$venv"
  python3 -m venv "$venv"
  site=$(echo "$venv"/lib/python*/site-packages)
  "${PEER_PYTHON:-python3}" -c 'import torch, pathlib; print(pathlib.Path(torch.__file__).parent.parent)' \
    > "$site/peer.pth"
  # shellcheck disable=SC2086 # several words
  "$venv/bin/python" -m pip install --quiet --no-cache-dir $wanted
  echo "$wanted" > "$venv/READY"
fi
