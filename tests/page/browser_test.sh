#!/usr/bin/env bash
# The report of the golden experiment and of ten thousand made-up designs in headless Chromium: browser_checks.py says what of.
# Skipped where there is no Chromium or no Python; a page that is watched is opened while its experiment changes.
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
command -v chromium chromium-browser google-chrome > /dev/null || { echo "skipped: no chromium" >&2; exit 77; }
command -v python3 > /dev/null || { echo "skipped: no python3" >&2; exit 77; }
# shellcheck source=tests/tools/fixture.sh
source "$here/../tools/fixture.sh"
enter_fixture
export HOME=$PWD PYTHONDONTWRITEBYTECODE=1
tar xzf "$here/../golden/experiment.tar.gz"
bin/report experiment -o report.html > /dev/null
python3 "$here/population.py" report.html 10000 many.html
python3 "$here/population.py" report.html 300 some.html
python3 "$here/browser_checks.py" report.html some.html many.html 10000

# --watch: an open page takes up what is new, at the place where its reader is.
bin/report experiment -o watched.html --watch 2 > /dev/null &
watcher=$!
python3 "$here/watch_checks.py" watched.html experiment || { kill $watcher; exit 1; }
kill $watcher
wait $watcher
grep -q '"watch":0' watched.html || { echo "the last page still waits for another"; exit 1; }
