#!/usr/bin/env bash
# Our client against a server that nobody here wrote: `transformers serve` with a tiny random model, streamed and not. What it
# says is nonsense: it must be counted as the server counts it, and end in recorded refusals. Called by tests/peer/run.sh.
# Usage: PEER_PYTHON=python bash tests/peer/serve_peer.sh     without transformers in it, an environment beside it is made
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
bin=${GRADUS_BIN:-$here/../../build/bin} python=${PEER_PYTHON:-python3}
wanted="transformers[serving]==5.24.0"
venv=${XDG_CACHE_HOME:-$HOME/.cache}/gradus/serve-venv
if [ ! -x "$venv/bin/transformers" ] || [ "$(cat "$venv/READY" 2> /dev/null)" != "$wanted" ]; then
  echo "serve: bringing $wanted into $venv"
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$python" -c 'import torch, pathlib; print(pathlib.Path(torch.__file__).parent.parent)' > "$(echo "$venv"/lib/python*/site-packages)/peer.pth"
  "$venv/bin/python" -m pip install --quiet --no-cache-dir "$wanted"
  echo "$wanted" > "$venv/READY"
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/gradus-serve.XXXXXX")
cd "$work"
"$venv/bin/python" "$here/serve_model.py" model > log 2>&1 || { cat log; exit 1; }
port=$((20000 + RANDOM % 20000))
HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 "$venv/bin/transformers" serve --port $port --device cpu > server.log 2>&1 & server=$!
# shellcheck disable=SC2064 # the process and path of now
trap "kill $server 2> /dev/null || true; rm -rf '$work'" EXIT
for _ in $(seq 240); do (: < "/dev/tcp/127.0.0.1/$port") 2> /dev/null && break; kill -0 $server; sleep 0.5; done

calls=0
for stream in true false; do
  cat > "$stream.yaml" << YAML
rungs: [pico]
proposals: 1
check: {canaries: none}
propose: {agent: openai, attempts: 1}
agents:
  proposer: {models: {tiny: 1}, answer_tokens: 48}
  searcher: {answer_tokens: 48}
  search_rounds: 1
  corrections: 1
  models: {tiny: {url: "http://127.0.0.1:$port/v1", model: $work/model, stream: $stream, context: 65536}}
YAML
  "$bin/new" "exp-$stream" --from "$stream.yaml" --quiet > /dev/null
  "$bin/propose" "exp-$stream" -n 1 --quiet > out
  grep -q $'\tok\t.\tnone\t' out || { echo "a proposal out of nonsense: $(cat out)"; exit 1; }
  "$bin/review" "exp-$stream/designs/g001/g001-000" --quiet > out && { echo "nonsense was accepted"; exit 1; }
  grep -q $'\tno\t.*could not be understood' out || { echo "another refusal: $(cat out)"; exit 1; }
  transcript=exp-$stream/transcripts/g001/g001-000.jsonl
  answers=$(grep -c '"event":"answer"' "$transcript")
  [ "$answers" = "$(grep -c '"counted":true' "$transcript")" ] || { echo "the server's counts were not read"; exit 1; }
  [ "$answers" = 4 ] || { echo "$answers answers, not 4: two of the searcher, two of the proposer"; exit 1; }
  calls=$((calls + answers))
done
[ "$(grep -c 'POST /v1/chat/completions HTTP/1.1" 200' server.log)" = $calls ] || { echo "the server counts other calls"; exit 1; }
echo "$calls calls of transformers serve, streamed and not, end in recorded refusals"
