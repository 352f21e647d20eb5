#!/usr/bin/env bash
# slurm/llm-server.sbatch by hand, with a stand-in for llama-server: the address appears when it listens, is refreshed, reaches
# the agents, and goes with the server.
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source=tests/tools/fixture.sh
source "$here/../tools/fixture.sh"
enter_fixture
fail() { echo "$*"; exit 1; }
mkdir fake
cat > fake/llama-server << 'FAKE'
#!/usr/bin/env bash
# A stand-in: the port is what follows --port.
while [ "$1" != --port ]; do shift; done
sleep 1
exec "$GRADUS_BIN/agent_driver" serve "$FAKE_FOLDER" 0.9 1 0 nonsense "$2"
FAKE
chmod +x fake/llama-server
export FAKE_FOLDER=$PWD/fake PATH=$PWD/fake:$PATH
printf 'rungs: [pico]\npropose: {agent: openai, attempts: 1}\ncheck: {canaries: none}\nagents: {proposer: {models: {local: 1}}, corrections: 0, search_rounds: 1}\n' > e.yaml
bin/new exp --from e.yaml --quiet > /dev/null
bash "$GRADUS_SOURCE/slurm/llm-server.sbatch" nowhere m.gguf 2> err && fail "no experiment, and it started"
grep -q "'nowhere' is no experiment" err
bash "$GRADUS_SOURCE/slurm/llm-server.sbatch" exp some/model 2> err && fail "no vllm, and it started"
grep -q "no 'vllm' in PATH" err

GRADUS_HEARTBEAT=1 SLURMD_NODENAME=127.0.0.1 bash "$GRADUS_SOURCE/slurm/llm-server.sbatch" exp m.gguf & job=$!
for _ in $(seq 200); do [ -e exp/server/address ] && break; sleep 0.1; done
grep -qE '^http://127\.0\.0\.1:[0-9]+/v1$' exp/server/address || fail "no address"
first=$(stat -c %Y exp/server/address)
bin/propose exp -n 1 --quiet | grep -q none || fail "the agents do not reach it"
for _ in $(seq 100); do [ "$(stat -c %Y exp/server/address)" != "$first" ] && break; sleep 0.1; done
[ "$(stat -c %Y exp/server/address)" != "$first" ] || fail "no heartbeat"
kill -TERM $job
wait $job || fail "exit code $?"
[ ! -e exp/server/address ] || fail "the address stayed"
echo "the server's address comes and goes"
