#!/usr/bin/env bash
# The installed tree, moved before it is used: libraries found within it, verbs through gradus, the recipe, pages, completion,
# the modulefile where there is something to load it. Skipped where there is no room for half a gigabyte of libtorch.
set -uo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source=tests/tools/fixture.sh
source "$here/fixture.sh"
build=$(dirname "$GRADUS_BIN")
[ -e "$build/cmake_install.cmake" ] || { echo "skipped: '$build' is no build tree" >&2; exit 77; }
free_kib=$(df --output=avail -k "${TMPDIR:-/tmp}" | tail -n 1)
[ "$free_kib" -gt 2000000 ] || { echo "skipped: less than 2 GB free in ${TMPDIR:-/tmp}" >&2; exit 77; }
enter_fixture
failed=0
fault() { echo "FAILED: $*"; failed=$((failed + 1)); }

cmake --install "$build" --prefix "$PWD/first" > ../log 2>&1 || { tail -n 5 ../log; exit 1; }
mv first second
tree=$PWD/second
rm bin                                        # nothing of the build within reach
export PATH="$tree/bin:/usr/bin:/bin"         # and no verb on the PATH but gradus
[ "$(ls second/bin)" = gradus ] || fault "bin holds $(ls second/bin)"

# Every library of libtorch comes from within; none from where it was built.
ldd second/libexec/gradus/check > ../libraries
grep -q 'not found' ../libraries && fault "not found: $(grep 'not found' ../libraries)"
for library in libtorch_cpu libc10; do
  grep -q "$library.so => $tree/" ../libraries || fault "$library comes from elsewhere: $(grep "$library" ../libraries)"
done
readelf -d second/libexec/gradus/check | grep -q 'ORIGIN/../../lib/gradus' || fault "no \$ORIGIN in the run path"

gradus --version | grep -q '^libtorch 2' || fault "gradus --version"
gradus help | grep -q '^  check ' || fault "gradus help lists no verbs"
gradus help check | grep -q '^usage: check' || fault "gradus help check"
gradus new exp --from tiny > ../log 2>&1 || fault "new: $(tail -n 1 ../log)"
gradus prepare exp --text text > ../log 2>&1 || fault "prepare: $(tail -n 1 ../log)"
gradus check exp/designs/g000/g000-000 2> ../errors | grep -q $'\tok\t' || fault "check: $(cat ../errors)"
gradus run exp --only parents > ../log 2>&1 || fault "gradus run: $(tail -n 3 ../log)"
[ -e exp/selected/g001-parents.yaml ] || fault "gradus run decided nothing"
gradus run > ../log 2>&1 && fault "gradus run without an experiment"
GRADUS_BIN='' gradus doctor --site driver > ../log 2>&1 || fault "doctor --site: $(tail -n 3 ../log)"

for verb in $(gradus help | sed -n '/^Verbs/,$s/^  \([a-z]*\) .*/\1/p'); do
  [ -s "second/share/man/man1/gradus-$verb.1" ] || fault "no page of $verb"
done
bash -n second/share/bash-completion/completions/gradus || fault "the completion of bash"
grep -q pretrain second/share/bash-completion/completions/gradus || fault "the completion of bash knows no pretrain"
head -n 1 second/share/zsh/site-functions/_gradus | grep -q '^#compdef gradus' || fault "the completion of zsh"
for file in slurm/run.sh slurm/generation.sbatch configs/site.yaml data/README.md; do
  [ -e "second/share/gradus/$file" ] || fault "no share/gradus/$file"
done
grep -rl "$GRADUS_SOURCE" second/share > ../found 2> /dev/null && fault "the clone's path is in $(head -n 1 ../found)"

modulecmd=$(find /usr/lib /usr/share/modules -name modulecmd.tcl 2> /dev/null | head -n 1)
if [ -n "$modulecmd" ]; then
  loaded=$(MODULEPATH=$tree/share/modulefiles "$modulecmd" bash load gradus 2> /dev/null)
  grep -q "GRADUS_BIN=$tree/libexec/gradus" <<< "$loaded" || fault "the modulefile: $loaded"
  grep -q "PATH=$tree/bin" <<< "$loaded" || fault "the modulefile sets no PATH"
fi
echo "install: $failed failed"
[ $failed = 0 ]
