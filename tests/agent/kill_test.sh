#!/usr/bin/env bash
# Kills at random moments while models propose, review and implement: the same designs come out as without a kill, and the
# model's server is asked at most once more for each kill. KILLS, DESIGNS and PAUSE (the longest before a kill, in
# hundredths of a second) make it another test (tests/soak.sh agents).
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source=tests/tools/fixture.sh
source "$here/../tools/fixture.sh"
enter_fixture
kills=${KILLS:-8} designs=${DESIGNS:-2}
mkdir server
"$GRADUS_BIN/agent_driver" serve server 0.6 7 0.1 & server=$!
# shellcheck disable=SC2064 # the process of now
trap "kill $server 2> /dev/null || true; rm -rf '$(dirname "$PWD")'" EXIT
for _ in $(seq 100); do [ -s server/address ] && break; sleep 0.1; done
cat > agents.yaml << 'YAML'
rungs: [pico]
check: {canaries: none, tier: fast, parameter_tolerance: 0.9, block_tolerance: 0.9}
propose: {agent: openai, attempts: 4}
agents:
  proposer: {models: {stand-in: 1}}
  search_rounds: 1
YAML
url=$(cat server/address)
for exp in calm killed; do
  bin/new $exp --from agents.yaml --quiet --set "agents.models={stand-in: {url: '$url'}}" > /dev/null
done
propose() { bin/propose "$1" --generation 1 --slots 0-$((designs - 1)) --quiet; }
review() { printf '%s\n' "$1"/designs/g001/* | bin/review - --quiet; }
implement() { printf '%s\n' "$1"/designs/g001/* | bin/implement - --quiet; }
calm=$(cat server/count)
for stage in propose review implement; do $stage calm > /dev/null; done
before=$(cat server/count)
done_kills=0
for stage in propose review implement; do
  most=$([ $stage = propose ] && echo $((kills / 2)) || echo "$kills")  # half of them are for implement
  while :; do
    setsid bash -c "$(declare -f "$stage"); designs=$designs; $stage killed" > /dev/null 2>&1 & job=$!
    if [ "$done_kills" -lt "$most" ]; then
      printf -v pause '%03d' $((RANDOM % ${PAUSE:-200}))
      sleep "${pause::1}.${pause:1}"
      kill -KILL -- "-$job" 2> /dev/null && { wait "$job" 2> /dev/null || done_kills=$((done_kills + 1)); continue; }
    fi
    wait "$job" && break
  done
done
asked=$(($(cat server/count) - before)) needed=$((before - calm))
answered=$(cat killed/transcripts/*/*.jsonl | grep -c '"event":"answer"')
echo "kills $done_kills, calls answered $answered, the server was asked $asked times, without kills $needed"
[ "$answered" = "$needed" ] || { echo "other calls than without kills"; exit 1; }
[ "$asked" -le $((needed + done_kills)) ] || { echo "more than one call a kill is lost"; exit 1; }
diff -r calm/designs/g001 killed/designs/g001
# From the transcripts alone, with no server to ask: the same bytes.
kill "$server"
mkdir again && cp -r killed/experiment.yaml killed/units killed/transcripts again/ && mkdir again/designs && cp -r killed/designs/g000 again/designs/
bin/propose again --generation 1 --slots 0-$((designs - 1)) --quiet --replay > /dev/null
for verb in review implement; do printf '%s\n' again/designs/g001/* | "bin/$verb" - --quiet --replay > /dev/null; done
diff -r killed/designs/g001 again/designs/g001
echo "the replay is equal"
