#!/usr/bin/env bash
# What a person at a terminal sees and a pipe does not: columns, colour, the next command; EXP found from a folder within.
# The terminal is script(1)'s.
set -uo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source=tests/tools/fixture.sh
source "$here/fixture.sh"
command -v script > /dev/null || { echo "skipped: no script(1) here" >&2; exit 77; }
enter_fixture
export TERM=xterm
unset NO_COLOR
failed=0
fault() { echo "FAILED: $1"; sed 's/^/  /' seen | cat -v | head -n 20; failed=$((failed + 1)); }
at_terminal() { script -qec "$1" /dev/null < /dev/null > seen; }  # both streams, lines end in CR
has() { grep -qE -- "$1" seen || fault "no line '$1' of: $2"; }
lacks() { ! grep -qE -- "$1" seen || fault "a line '$1' of: $2"; }
tab=$'\t' escape=$'\033'

at_terminal "bin/new exp --from tiny"
lacks "$tab" "new at a terminal"
has "$escape\[32mok" "new at a terminal: a verdict in colour"
has "next: bin/prepare exp --text FOLDER" "new at a terminal"
at_terminal "NO_COLOR=1 bin/new exp2 --from tiny"
lacks "$escape" "NO_COLOR"
has "^new: next: bin/prepare exp2" "NO_COLOR"
at_terminal "NO_COLOR= bin/new exp3 --from tiny" # set but empty is not set
has "$escape" "an empty NO_COLOR"
at_terminal "bin/new exp4 --from tiny --quiet"
lacks "next:" "--quiet"
at_terminal "bin/new exp5 --from tiny | cat"
has "^exp5/designs/g000/g000-000${tab}ok${tab}" "a pipe at a terminal: tabs"
lacks "next:" "a pipe at a terminal"
lacks "$escape" "a pipe at a terminal"
bin/new exp6 --from tiny > seen 2>&1
lacks "next:" "no terminal"
lacks "$escape" "no terminal"
lacks "#" "no terminal"
at_terminal "bin/check nowhere"
has "check: $escape\[31merror: $escape\[0m" "an error in colour"
at_terminal "bin/check nowhere 2> errors > /dev/null; cat errors"
lacks "$escape" "errors in a file"
at_terminal "bin/export gpt2 --scale pico -o one.py; bin/gradus new exp7 --from tiny"
has "^$escape\[2m# design +verdict +run +file" "export at a terminal: a header"
has "^gpt2 +$escape\[32mok" "a name on the command line"
has "next: gradus prepare exp7" "what gradus started says gradus"
at_terminal "bin/gradus prepare exp7 --text text"
has "next: gradus run exp7 +or +gradus propose exp7 -n 8" "prepare by gradus"

at_terminal "bin/prepare exp --text text"
has "next: slurm/run.sh exp +or +bin/propose exp -n 8" "prepare in a clone"
(cd exp/designs/g000 && ../../../bin/status) > seen 2>&1 || fault "status within an experiment"
has . "status within an experiment"
(cd exp/designs && ../../bin/check g000-000) > seen 2> errors || fault "check of a bare name: $(cat errors)"
has "^\.\./designs/g000/g000-000${tab}ok" "a bare name within an experiment"
(cd exp && ../bin/propose -n 1 && echo g000-000 | ../bin/gradus export - --scale pico -o here/) > seen 2> errors ||
  fault "propose within an experiment: $(cat errors)"
has "^\./designs/g001/g001-000${tab}ok" "propose within an experiment"
has "here/g000-000.py" "a bare name in a pipe"
printf 'import torch.nn as nn\nclass B(nn.Module):\n    def __init__(self, dim):\n        super().__init__()\n        self.a = nn.Linear(dim, dim)\n    def forward(self, x):\n        return x + self.a(x)\n' > exp/b.py
(cd exp && ../bin/implement --from b.py) > seen 2> errors
has "^\./designs/g001/g001-001${tab}" "implement --from within an experiment"
bin/status > seen 2>&1 && fault "status without an experiment"
has "not enough arguments" "status without an experiment"
(cd exp && ../bin/new --from tiny) > seen 2>&1 && fault "new within an experiment"
has "expected one directory" "new within an experiment makes none"
echo "terminal: $failed failed"
[ $failed = 0 ]
