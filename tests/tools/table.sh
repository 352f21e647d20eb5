#!/usr/bin/env bash
# Runs a table of commands, one test a line:   code  stdout  command
#   code     the exit code it must have
#   stdout   .  anything   -  nothing   ~WORD  a line matches this extended expression
#            !WORD  nothing, and stderr is one line that matches (write . for a blank)   FILE  tests/tools/FILE, byte for byte
# The lines of a table run in order in one directory, empty but for bin/ (the verbs), configs/, data/ (those of the tree)
# and text/ (a little English). # opens a comment. $GRADUS_SOURCE is the tree. Exit code 77 of a command skips the rest.
# Usage: GRADUS_BIN=build/bin bash tests/tools/table.sh TABLE
set -uo pipefail
table=$(realpath "$1")
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source=tests/tools/fixture.sh
source "$here/fixture.sh"
enter_fixture

failed=0 passed=0 number=0
while IFS= read -r line <&3 || [ -n "$line" ]; do
  number=$((number + 1))
  [[ "$line" =~ ^[[:space:]]*(#|$) ]] && continue
  read -r code want command <<< "$line"
  timeout 300 bash -c "set -o pipefail; $command" > ../stdout 2> ../stderr < /dev/null
  got=$?
  [ "$got" = 77 ] && [ "$code" != 77 ] && { echo "$table:$number: skipped: $(cat ../stderr)"; exit 77; }
  why=
  [ "$got" = "$code" ] || why="exit code $got, not $code"
  case "$want" in
    .) ;;
    -) [ ! -s ../stdout ] || why+=" stdout is not empty" ;;
    ~*) grep -qE -- "${want#\~}" ../stdout || why+=" no line of stdout matches '${want#\~}'" ;;
    !*) [ ! -s ../stdout ] || why+=" stdout is not empty"
        [ "$(wc -l < ../stderr)" = 1 ] || why+=" stderr has $(wc -l < ../stderr) lines, not one"
        grep -qE -- "${want#!}" ../stderr || why+=" stderr does not match '${want#!}'" ;;
    *) diff -u "$here/$want" ../stdout > ../difference || why+=" stdout differs from $want: $(cat ../difference)" ;;
  esac
  if [ -z "$why" ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "$table:$number: $command"
    echo "  $why"
    sed 's/^/  stdout: /' ../stdout | tail -n 20
    sed 's/^/  stderr: /' ../stderr | tail -n 20
  fi
done 3< "$table"
echo "$(basename "$table"): $passed passed, $failed failed"
[ $failed = 0 ]
