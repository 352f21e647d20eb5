#!/usr/bin/env bash
# What the dependency script says when it cannot go on: one line, code 2, nothing fetched.
set -uo pipefail
cd "${GRADUS_SOURCE:-$(dirname "$0")/../..}" || exit 2
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
failed=0

refuses() {  # refuses WORDS COMMAND...: code 2 and one line on stderr that holds WORDS
  local words=$1 code
  shift
  env GRADUS_APT=no XDG_CACHE_HOME="$home/cache" "$@" > "$home/out" 2> "$home/err"
  code=$?
  if [ $code != 2 ] || [ "$(wc -l < "$home/err")" != 1 ] || ! grep -qF -- "$words" "$home/err"; then
    echo "code $code for '$*', expected 2 and '$words', got: $(cat "$home/err")"
    failed=1
  fi
}

mkdir -p "$home"/{empty,half/include,old/include/torch/headeronly,old/lib}
touch "$home/old/lib/libtorch_cpu.so"
printf '#define TORCH_VERSION_%s %s\n' MAJOR 1 MINOR 13 > "$home/old/include/torch/headeronly/version.h"
refuses "unknown word 'everything'" bash slurm/deps.sh everything
refuses "has no include/" env LIBTORCH="$home/empty" bash slurm/deps.sh
refuses "has no lib/libtorch_cpu.so" env LIBTORCH="$home/half" bash slurm/deps.sh
refuses "is version '1.13', Gradus needs 2.15" env LIBTORCH="$home/old" bash slurm/deps.sh
[ ! -e "$home/cache/gradus/libtorch-2.15.0" ] || { echo "something was fetched"; failed=1; }
exit $failed
