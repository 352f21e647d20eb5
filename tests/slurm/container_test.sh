#!/usr/bin/env bash
# The verbs by words that run them in a container; a stand-in for apptainer runs what lies in the image's place.
set -uo pipefail
# shellcheck source=tests/tools/fixture.sh
source "$(dirname "$(realpath "$0")")/../tools/fixture.sh"
enter_fixture
failed=0
fail() { echo "container_test: $*"; failed=1; }
mkdir fake
cat > fake/apptainer << FAKE
#!/usr/bin/env bash
[ "\$1 \$2" = "exec --nv" ] && [ "\$3" = "$PWD/an image.sif" ] || { echo "apptainer: \$*" >&2; exit 9; }
exec "$GRADUS_BIN/\${4#/opt/gradus/build/bin/}" "\${@:5}"
FAKE
chmod +x fake/apptainer
export PATH=$PWD/fake:$PATH
bash "$GRADUS_SOURCE/slurm/container.sh" none words 2> err
[ $? = 2 ] || fail "no image: code $?"
: > "an image.sif"
bash "$GRADUS_SOURCE/slurm/container.sh" "an image.sif" words --nv 2> err || fail "$(cat err)"
words/new exp --from tiny --set "experiment.name=two words" --quiet > /dev/null || fail "new"
grep -q '^name: two words' exp/experiment.yaml || fail "words were split"
[ "$(find words -type f | wc -l)" = "$(find "$GRADUS_SOURCE/tools" -name '*.cpp' | wc -l)" ] || fail "verbs: $(ls words)"
exit $failed
