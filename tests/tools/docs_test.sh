#!/usr/bin/env bash
# Runs what the pages tell people to type: in each page, in order, in one directory, the `$ ` lines of ```console blocks, and
# writes the files of blocks like ```yaml mine.yaml within them. 0 and 1 (a "no") pass. Blocks of other kinds are not run: they
# need a cluster, a key, ten minutes. As in usage_test.sh `demo` and `nano` are `tiny` and `pico` here.
# Also: every link from page to page leads somewhere.
set -uo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source=tests/tools/fixture.sh
source "$here/fixture.sh"
enter_fixture
top=$PWD failed=0 passed=0

# A page as lines `run COMMAND` and `file NAME LINE`.
parts() {
  awk '/^```console$/ {on = "run"; next}
    /^```[a-z]+ [a-z.]+$/ {on = "file"; name = $2; next}
    /^```/ {on = ""; next}
    on == "run" && /^\$ / {print "run " substr($0, 3)}
    on == "file" {print "file " name " " $0}' "$1"
}
for page in tools/tour.md configs/README.md slurm/campaign.md data/README.md; do
  mkdir -p "$top/$(dirname "$page")-page"
  cd "$top/$(dirname "$page")-page" || exit 2
  ln -sf "$top"/{bin,configs,data,text,texts} .
  while IFS= read -r line <&3; do
    if [[ $line == file\ * ]]; then
      read -r _ name _ <<< "$line"
      printf '%s\n' "${line#"file $name "}" >> "$name"
      continue
    fi
    command=$(sed -e 's/\bnano\b/pico/g' -e 's/--from demo\b/--from tiny/g' <<< "${line#run }")
    sed -i 's/\bnano\b/pico/g' ./*.yaml 2> /dev/null
    timeout 300 bash -c "set -o pipefail; $command" > ../stdout 2> ../stderr < /dev/null
    code=$?
    if [ $code -le 1 ] && ! grep -q '^bash: ' ../stderr; then
      passed=$((passed + 1))
      echo "ok ($code): $command"
    else
      failed=$((failed + 1))
      echo "FAILED ($code): $page: $command"
      tail -n 10 ../stdout ../stderr
    fi
  done 3< <(parts "$GRADUS_SOURCE/$page")
done

cd "$GRADUS_SOURCE" || exit 2
while IFS=: read -r page link; do
  target=${link%%#*}
  [ -z "$target" ] || [ -e "$(dirname "$page")/$target" ] || { failed=$((failed + 1)); echo "FAILED: $page links to '$link'"; }
  [[ $link == *"#"* ]] || continue
  anchors=$(sed -n 's/^#\+ //p' "$(dirname "$page")/${target:-$(basename "$page")}" | tr '[:upper:]' '[:lower:]' |
    sed 's/[^a-z0-9 _-]//g; s/ /-/g')
  grep -qx -- "${link#*#}" <<< "$anchors" || { failed=$((failed + 1)); echo "FAILED: $page links to '$link'"; }
done < <(find . -name '*.md' -not -path './build*' -not -path './.git/*' -print0 | xargs -0 grep -oHE '\]\([^)]*\)' |
  sed 's/\](\(.*\))$/\1/' | grep -vE ':(https?|mailto):')
echo "pages: $passed passed, $failed failed"
[ $failed = 0 ]
