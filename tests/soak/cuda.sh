#!/usr/bin/env bash
# The CUDA module compiled, linked and loaded, where there is a CUDA toolkit; code 77 where there is none. No GPU is
# needed: without one the module loads and says so. CUDA_LIBTORCH: a libtorch with CUDA (the peer environment's wheel).
# Usage: GRADUS_BIN=build/bin bash tests/soak/cuda.sh
set -euo pipefail
root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
bin=${GRADUS_BIN:-$root/build/bin}
peer=${XDG_CACHE_HOME:-$HOME/.cache}/gradus/peer-venv
libtorch=${CUDA_LIBTORCH:-$(find "$peer" -maxdepth 5 -path '*/site-packages/torch' 2> /dev/null | head -n 1)}
[ -e "$libtorch/lib/libtorch_cuda.so" ] || { echo "cuda: no libtorch with CUDA (CUDA_LIBTORCH)"; exit 77; }
said=$(cmake -S "$root" -B "$root/build-cuda" -G Ninja -DLIBTORCH="$libtorch" -DGRADUS_TESTS=OFF | grep 'CUDA module')
echo "$said"
[[ $said != *'not built'* ]] || exit 77
cmake --build "$root/build-cuda" --target gradus_cuda
# Beside a tool of the ordinary build, which it must not need to be built with.
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cp "$root/build-cuda/bin/libgradus_cuda.so" "$bin/train_pass_test" "$place"
"$place/train_pass_test" --gtest_filter='Accelerator.*' | tee "$place/said"
if grep -q 'not built' "$place/said"; then exit 1; fi
