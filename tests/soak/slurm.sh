#!/usr/bin/env bash
# Slurm for long: three generations of 16 proposals disturbed all the way against a calm run of them; 2,500 lines over
# MaxArraySize 1001; a disk that fills up (a small one, where this user may mount; else skipped); what a driver costs.
# Usage: slurm.sh [GENERATIONS] [PROPOSALS] [LINES]     (3 16 2500); CHAOS_SEED: of the disturbances
set -uo pipefail
if [ "${GRADUS_OWN_MOUNTS:-}" = "" ]; then
  unshare --mount true 2> /dev/null && exec env GRADUS_OWN_MOUNTS=yes unshare --mount bash "$0" "$@"
  echo "soak: no mounts of its own: a full disk is skipped"
fi
# shellcheck source=tests/slurm/fixture.sh
source "$(dirname "$(realpath "$0")")/../slurm/fixture.sh"
export CPUS=32
enter_cluster 4
failed=0
fail() { echo "soak/slurm: $*"; failed=1; }
generations=${1:-3} proposals=${2:-16} lines=${3:-2500}

# 1. Many lines: the start of 1,000 tasks is nearly all it takes.
bin/new many --from tiny --quiet > /dev/null
mkdir -p many/logs verbs place
ln -s "$GRADUS_BIN"/{manifest,doctor} verbs
cat > verbs/check << 'VERB'
#!/usr/bin/env bash
mkdir "$1" && : > "$1/check.yaml" && printf '%s\tok\t.\n' "$1"
VERB
chmod +x verbs/check
for ((i = 0; i < lines; i++)); do echo "place/d$i"; done > many.list
sed 's/at_once: 4/at_once: 64/' site.yaml > many.yaml
began=$SECONDS
GRADUS_POLL=2 GRADUS_SITE=many.yaml bash "$GRADUS_SOURCE/slurm/slurm.sh" --each many.list --out many.tsv many/logs/many.log verbs/check ||
  fail "$lines lines"
cut -f 1 many.tsv | cmp - many.list || fail "$lines lines: records"
echo "soak/slurm: $lines lines in $(sed -n '1s/.*tasks: \([0-9]*\).*/\1/p' many/slurm/many/*/manifest.tsv) tasks: $((SECONDS - began)) s"

# 2. Disturbed for generations.
experiment calm "experiment.proposals=$proposals"
if [ "${GRADUS_OWN_MOUNTS:-}" = yes ]; then
  mkdir stormy && mount -t tmpfs -o size=400m none stormy && export CHAOS_DISK=yes
fi
cp -r calm/. stormy/ 2> /dev/null || cp -r calm stormy
bash "$GRADUS_SOURCE/slurm/run.sh" calm --generations "$generations" 2> calm.log || fail "calm: $(tail -n 3 calm.log)"
# shellcheck disable=SC2154 # of fixture.sh
MOST=400 bash "$tests/chaos.sh" "$cluster" stormy "$generations" 5 || fail "chaos: $(tail -n 20 stormy/logs/driver.log)"
same_results calm stormy || fail "disturbed it has other results"
find stormy -name '.tmp-*' | sed 's/^/left behind: /'
[ $failed = 0 ] && echo "soak/slurm: passed"
exit $failed
