#!/usr/bin/env bash
# A disk that is full for six seconds in the middle of an array: what it spoiled is tried again, all is done, nothing is lost.
# A small disk of its own, in a namespace; skipped with 77 where this user may not mount.
set -uo pipefail
if [ "${GRADUS_OWN_MOUNTS:-}" = "" ]; then
  unshare --mount true 2> /dev/null && exec env GRADUS_OWN_MOUNTS=yes unshare --mount bash "$0" "$@"
  echo "skipped: no mounts of one's own here"
  exit 77
fi
# shellcheck source=tests/slurm/fixture.sh
source "$(dirname "$(realpath "$0")")/../slurm/fixture.sh"
enter_cluster 2
failed=0
fail() { echo "soak/slurm_disk: $*"; failed=1; }
mkdir small
mount -t tmpfs -o size=6m none small || exit 77
cd small || exit 2
../bin/new exp --from tiny --quiet > /dev/null
mkdir -p exp/logs verbs place
ln -s "$GRADUS_BIN"/{manifest,doctor} verbs
cat > verbs/check << 'VERB'
#!/usr/bin/env bash
sleep 2
mkdir -p "$1" && head -c 200000 /dev/zero > "$1/check.part" || { echo "check: error: no space" >&2; exit 2; }
mv "$1/check.part" "$1/check.yaml"
printf '%s\tok\t.\n' "$1"
VERB
chmod +x verbs/check
for i in $(seq 12); do echo "place/d$i"; done > list
GRADUS_POLL=0.5 bash "$GRADUS_SOURCE/slurm/slurm.sh" --each list --out records exp/logs/disk.log verbs/check & job=$!
until compgen -G 'place/*/check.yaml' > /dev/null; do sleep 0.2; done
head -c 10G /dev/zero > filler 2> /dev/null
sleep 6
rm filler
wait $job || fail "code $?"
cut -f 1 records | cmp - list || fail "records"
[ "$(find place -name check.yaml -size 200000c | wc -l)" = 12 ] || fail "results: $(ls -l place/*)"
[ "$(wc -l < exp/slurm/disk/*/rounds.tsv)" -ge 2 ] || fail "the disk was not full in time: $(cat exp/slurm/disk/*/rounds.tsv)"
cd ..
umount --lazy small
[ $failed = 0 ] && echo "soak/slurm_disk: passed"
exit $failed
