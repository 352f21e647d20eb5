#!/usr/bin/env bash
# Runs every `  $ ` line of every tool's --help, in the order of the recipe, in one directory: an example that says
# `exp` finds the experiment that the examples of `new` and `prepare` made. 0 and 1 (a "no") pass, all else fails.
# To keep within a minute the examples run on the settings `tiny` and its scale `pico` where they name `demo` and `nano`.
set -uo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source=tests/tools/fixture.sh
source "$here/fixture.sh"
enter_fixture

failed=0 passed=0
recipe="new prepare check propose review implement pretrain evaluate select report export try status manifest doctor prune gradus"
for verb in $recipe; do
  [ -e "$GRADUS_SOURCE/tools/$verb.cpp" ] || continue
  if ! "bin/$verb" --help > ../help 2> ../stderr; then
    echo "$verb --help fails: $(cat ../stderr)"
    failed=$((failed + 1))
    continue
  fi
  # A line that ends in a backslash goes on.
  mapfile -t examples < <(sed -e ':a' -e '/\\$/{N;s/\\\n */ /;ba' -e '}' ../help |
    sed -n 's/^  \$ //p' | sed -e 's/\bnano\b/pico/g' -e 's/--from demo\b/--from tiny/g' -e 's/\bEXP\b/exp/g')
  if [ ${#examples[@]} = 0 ]; then
    echo "$verb --help has no example"
    failed=$((failed + 1))
  fi
  for example in "${examples[@]}"; do
    started=$SECONDS
    timeout 300 bash -c "set -o pipefail; $example" > ../stdout 2> ../stderr < /dev/null
    code=$?
    # bash's own words: a verb that is also a word of the shell (`select`, `export`) and was not called by its path.
    if [ $code -le 1 ] && ! grep -q '^bash: ' ../stderr; then
      passed=$((passed + 1))
      echo "ok ($((SECONDS - started)) s, $code): $example"
    else
      failed=$((failed + 1))
      echo "FAILED ($code): $example"
      tail -n 10 ../stdout ../stderr
    fi
  done
done
echo "usage examples: $passed passed, $failed failed"
[ $failed = 0 ]
