# The directory that tables and usage examples run in; sourced. enter_fixture makes it, goes there, removes it at exit.
# shellcheck shell=bash
: "${GRADUS_SOURCE:=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")}"
: "${GRADUS_BIN:=$GRADUS_SOURCE/build/bin}"
export GRADUS_SOURCE GRADUS_BIN PATH="$GRADUS_BIN:$PATH"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1

enter_fixture() {
  local home
  home=$(mktemp -d "${TMPDIR:-/tmp}/gradus-test.XXXXXX")
  # shellcheck disable=SC2064 # the path of now
  trap "rm -rf '$home'" EXIT
  mkdir -p "$home/place/text"
  cd "$home/place" || exit 2
  ln -s "$GRADUS_BIN" bin
  ln -s "$GRADUS_SOURCE/configs" "$GRADUS_SOURCE/data" .
  # Some 60 kB that is on every machine with a clone: our own prose and sources, a file a document.
  find "$GRADUS_SOURCE" -maxdepth 3 \( -name '*.md' -o -path '*/common/*/*.h' \) -not -path '*/build*' -print0 |
    sort -z | while IFS= read -r -d '' path; do
      cp "$path" "text/$(basename "$(dirname "$path")")-$(basename "$path").txt"
    done
  ln -s text texts
  # The same as one JSONL file and one compressed file, for examples that name these.
  grep -hvE '["\\]' text/* | tr '\t' ' ' | sed 's/.*/{"text": "&"}/' > a.jsonl
  cat text/* | gzip > b.txt.gz
}
