#!/usr/bin/env bash
# The demonstration: the GPT2 seed and twelve proposals in two generations on nano, the best on micro, the leaderboard.
# Text: headers and documentation that every machine has which built Gradus, or yours: DEMO_TEXT=folder.
# DEMO_DIR: where the experiment goes (build/demo). Killed anywhere, the same command goes on.
# Cost: 15 runs on nano of 1.2e12 FLOP, 3 on micro of 5.1e12: 3.3e13 in all, six to twelve minutes of two cores.
set -euo pipefail
cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/.."
bin=${GRADUS_BIN:-build/bin} exp=${DEMO_DIR:-build/demo}
began=$SECONDS
say() { echo "demo: $*" >&2; }
span() { printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); }

# 1. An experiment and its text.
folders=()
for folder in /usr/share/doc /usr/include ${LIBTORCH:+"$LIBTORCH/include"}; do
  [ ! -d "$folder" ] || folders+=("$folder")
done
[ -z "${DEMO_TEXT:-}" ] || folders=("$DEMO_TEXT")
say "two generations of 6 proposals; one seed and one learning rate a design, where a real experiment has more"
say "6 to 12 minutes on two cores; stop it with Ctrl-C, the same command goes on"
"$bin/new" "$exp" --from configs/demo.yaml > /dev/null
say "the corpus: 8 MB of text drawn from ${folders[*]}"
"$bin/prepare" "$exp" "${folders[@]/#/--text=}" --limit-mb 8 > /dev/null

# 2. Two generations; every half minute how far they are, a micro run counted as the 3 nano runs that it takes as long as.
finished() { find "$exp/designs" -path "*/runs/$1-*/pretrain.yaml" 2> /dev/null | wc -l; }
units() { echo $(($(finished nano) + 3 * $(finished micro))); }
total=24 start=$SECONDS before=$(units)
watch() {
  while sleep 30; do
    compgen -G "$exp/designs/*/*/runs" > /dev/null || { start=$SECONDS; continue; }   # nothing trains yet
    local n passed=$((SECONDS - start))
    n=$(units)
    [ "$n" -gt "$before" ] || continue
    say "$((100 * n / total)) % trained in $(span $passed), about $(span $(((total - n) * passed / (n - before)))) left"
  done
}
watch & watcher=$!
trap 'kill $watcher 2> /dev/null || true' EXIT
code=0
bash slurm/run.sh "$exp" --generations 2 --without-unfinished || code=$?
kill $watcher 2> /dev/null || true
[ $code = 0 ] || exit $code

# 3. What came out.
"$bin/report" "$exp" --text
"$bin/report" "$exp" > /dev/null
cat >&2 <<END

demo: done in $(span $((SECONDS - began))). Where things are:
  $exp/report.html                   all of it as one page: open it in a browser
  $exp/designs/g001/*/proposal.md    what was proposed, and why
  $exp/selected/*.yaml               every decision with its reason
  $exp/designs/*/*/runs/             weights, curves, logs of each run
What to try next:
  $bin/try data/units/gated_recurrence.py             does one block beat GPT2? (ten minutes)
  DEMO_TEXT=your/folder DEMO_DIR=mine bash slurm/demo.sh
  bash slurm/run.sh $exp --generations 3              one more generation
END
