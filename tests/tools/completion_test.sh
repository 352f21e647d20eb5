#!/usr/bin/env bash
# Completion and manual pages, made from the option tables and usage texts of the verbs.
set -uo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source=tests/tools/fixture.sh
source "$here/fixture.sh"
enter_fixture
failed=0
fault() { echo "FAILED: $*"; failed=$((failed + 1)); }

bin/gradus completion bash > gradus.bash || fault "completion bash"
# shellcheck disable=SC1091
source gradus.bash
mkdir -p folder/inner; touch folder/file a-file
complete_words() { # WORD…: what a Tab after the last offers
  COMP_WORDS=(gradus "$@") COMP_CWORD=$#
  _gradus
  echo "${COMPREPLY[*]}"
}
offers() { # WANTED WORD…
  local got
  got=$(complete_words "${@:2}")
  [ "$got" = "$1" ] || fault "after 'gradus ${*:2}': '$got', not '$1'"
}
offers check che
offers export help exp
offers --scale pretrain --sc
offers zsh completion z
offers folder/inner export --weights folder/
offers a-file check a-f
[[ " $(complete_words check --) " == *" --header "* ]] || fault "a common option is not offered"
for verb in $(bin/gradus help | sed -n '/^Verbs/,$s/^  \([a-z]*\) .*/\1/p'); do
  [[ " $(complete_words "$verb") " == *" $verb "* ]] || fault "'$verb' is not offered"
  for option in $("bin/$verb" --help | sed -n '/^Options:/,$s/^  .*\(--[a-z-]*\).*/\1/p'); do
    [[ " $(complete_words "$verb" "$option") " == *" $option "* ]] || fault "'$verb $option' is not offered"
  done
done
bin/gradus completion zsh > _gradus || fault "completion zsh"
if command -v zsh > /dev/null; then zsh -n _gradus || fault "zsh cannot read its completion"; fi
bin/gradus completion fish > /dev/null 2> errors && fault "completion of a shell that there is none for"
grep -q "'bash' or 'zsh', not 'fish'" errors || fault "$(cat errors)"

# Pages: no warning of whoever reads them, every option and example there.
for verb in gradus $(bin/gradus help | sed -n '/^Verbs/,$s/^  \([a-z]*\) .*/\1/p'); do
  bin/gradus man "$verb" > page.1 || fault "man $verb"
  if command -v mandoc > /dev/null; then
    mandoc -T lint -W warning page.1 > words 2>&1 || fault "man $verb: $(head -n 3 words)"
    mandoc -T utf8 page.1 | sed 's/.\x08//g' > shown || fault "man $verb is not rendered"
    [ "$(grep -cE '^(NAME|EXIT STATUS)' shown)" = 2 ] || fault "man $verb has no NAME, EXIT STATUS"
  fi
  if command -v groff > /dev/null; then
    groff -k -m man -T utf8 -ww -z page.1 2> words
    [ ! -s words ] || fault "man $verb, by groff: $(head -n 3 words)"
  fi
  [ "$verb" = gradus ] || [ "$("bin/$verb" --help | grep -c '^  \$ ')" = "$(grep -c '^\$ ' page.1)" ] ||
    fault "man $verb has other examples than --help"
done
echo "completion and pages: $failed failed"
[ $failed = 0 ]
