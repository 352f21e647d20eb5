#!/usr/bin/env bash
# libtorch - bring libtorch 2.15.0 into the user's cache: the PyPI wheel and two small ones that it needs to load,
# by pip with the index that the user's pip has. Shared by all clones, checked by SHA-256 at every call, whole or absent.
# LIBTORCH=DIR (with include/ and lib/libtorch_cpu.so, version 2.15) uses that and fetches nothing.
set -euo pipefail

say() { echo "deps: $*"; }
fail() { echo "deps: error: $*" >&2; exit 2; }

cache="${XDG_CACHE_HOME:-$HOME/.cache}/gradus"
home="$cache/libtorch-2.15.0"
if [ -n "${LIBTORCH:-}" ] && [ "$LIBTORCH" != "$home/torch" ]; then
  [ -d "$LIBTORCH/include" ] || fail "LIBTORCH='$LIBTORCH' has no include/"
  [ -e "$LIBTORCH/lib/libtorch_cpu.so" ] || fail "LIBTORCH='$LIBTORCH' has no lib/libtorch_cpu.so"
  header="$LIBTORCH/include/torch/headeronly/version.h"
  [ -e "$header" ] || header="$LIBTORCH/include/torch/csrc/api/include/torch/version.h"
  version=$(sed -n 's/^#define TORCH_VERSION_M[AI][JN]OR //p' "$header" 2> /dev/null | paste -sd.) || true
  [ "$version" = 2.15 ] || fail "LIBTORCH='$LIBTORCH' is version '${version:-unknown}', Gradus needs 2.15"
  say "libtorch: yours, $LIBTORCH"
  exit 0
fi

valid() { (cd "$home" 2> /dev/null && sha256sum --status --strict -c MANIFEST 2> /dev/null); }
mkdir -p "$cache" || fail "cannot write to '$cache': set XDG_CACHE_HOME"
exec 9> "$cache/libtorch.lock"
flock -n 9 || { say "libtorch: another clone is fetching it, waiting"; flock 9; }
if valid; then
  say "libtorch: $home/torch, checked"
  exit 0
fi
[ ! -e "$home" ] || say "libtorch: $home is not what it should be: fetching it again"
[ "$(uname -sm)" = "Linux x86_64" ] || fail "the wheels are for Linux on x86_64, this is '$(uname -sm)': set LIBTORCH"
free_kib=$(df --output=avail -k "$cache" | tail -n 1)
[ "$free_kib" -gt 1800000 ] || fail "libtorch needs 1.8 GB under '$cache', free are $((free_kib / 1024)) MiB"
for python in python3 /usr/bin/python3 ''; do
  [ -n "$python" ] || fail "no python3 with pip (Debian: python3-pip)"
  "$python" -m pip --version > /dev/null 2>&1 && break
done

# The part folder is renamed into place when all is there; one that a kill left is removed here, under the lock.
rm -rf "$home".part "$home".old
trap 'rm -rf "$home.part"' EXIT
mkdir -p "$home.part/tmp"
cat > "$home.part/wheels.txt" <<'PINS'
torch==2.15.0 --hash=sha256:48c2d861134c0b5697c7602cb5ffa68f62a2989fdcd1717e593356f67996ca1e
nvidia-cuda-runtime==13.5.37 --hash=sha256:df2b79a8852f10d1fef8c848489c49eebb5754051bf870202a862831412b179d
nvidia-cuda-cupti==13.5.25 --hash=sha256:9dcca41c12a734192b14e7128ae116bc9ce1b9da686e2ebf48ae7a4415f76650
PINS
say "libtorch: fetching the wheels of torch 2.15.0 (555 MB) by pip"
started=$SECONDS
quiet=(--quiet)
[ ! -t 2 ] || quiet=()
TMPDIR="$home.part/tmp" PIP_REQUIRE_VIRTUALENV=0 "$python" -m pip download "${quiet[@]}" --no-deps --no-cache-dir \
  --require-hashes --only-binary=:all: --python-version 3.11 --implementation cp --abi cp311 \
  -d "$home.part/wheels" -r "$home.part/wheels.txt" >&2 ||
  fail "pip could not fetch torch 2.15.0: is there a network, and does your pip's index have it? Or set LIBTORCH"
# Only what a CPU program needs: 0.5 of 1.1 GB.
"$python" - "$home.part" <<'UNPACK'
import glob, os, sys, zipfile
libraries = {"libtorch_cpu.so", "libc10.so", "libgomp.so.1", "libcudart.so.13", "libcupti.so.13"}
stubs = {"torch/_C/__init__.pyi", "torch/_C/_VariableFunctions.pyi", "torch/nn/functional.pyi"}
os.chdir(sys.argv[1])
os.makedirs("torch/lib")
for wheel in glob.glob("wheels/*.whl"):
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.startswith("torch/include/") or name in stubs:
                archive.extract(name)
            elif os.path.basename(name) in libraries:
                with open("torch/lib/" + os.path.basename(name), "wb") as out:
                    out.write(archive.read(name))
UNPACK
rm -rf "$home.part/wheels" "$home.part/wheels.txt" "$home.part/tmp"
(cd "$home.part" && find torch -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum > MANIFEST)
sync -f "$home.part/MANIFEST"
[ ! -e "$home" ] || mv -T "$home" "$home.old"
mv -T "$home.part" "$home"
rm -rf "$home.old"
say "libtorch: $home/torch in $((SECONDS - started)) s"
