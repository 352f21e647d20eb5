#!/usr/bin/env bash
# Lint: layers point down only, scripts pass shellcheck, C++ and JavaScript are as clang-format leaves them (both if installed).
# Format is a remark, and a fault in CI and with LINT_FORMAT=1: other versions of clang-format differ from version 14.
set -euo pipefail
cd "$(dirname "$0")/.."
faults=0
fault() { echo "lint: $*"; faults=$((faults + 1)); }

# 1. A file of common/LAYER includes that layer and those before it.
above="base unit design train check eval ladder agent page "
for layer in base unit design train check eval ladder agent page; do
  above=${above#"$layer "}
  [ -n "$above" ] || break
  while read -r hit; do fault "layer '$layer' looks up: $hit"; done < <(
    grep -rnE "#include \"(${above// /|}tools)/" "common/$layer" 2> /dev/null | sed 's/^/  /')
done
while read -r hit; do fault "common/base includes libtorch: $hit"; done < <(
  grep -rnE '#include [<"](ATen|c10|torch)/' common/base 2> /dev/null)
while read -r hit; do fault "a wide header, 16 s a source: $hit"; done < <(
  grep -rnE '#include [<"](torch/torch|torch/all|torch/extension|ATen/ATen)\.h' common tools tests 2> /dev/null)

# 2. Scripts.
mapfile -t scripts < <(git ls-files '*.sh' '*.sbatch' .ci/run)
if command -v shellcheck > /dev/null; then
  shellcheck -x "${scripts[@]}" || fault "shellcheck: see above"
fi

# 3. Format.
mapfile -t sources < <(git ls-files '*.cpp' '*.h' '*.js')
if command -v clang-format > /dev/null; then
  unformatted=$(clang-format --dry-run "${sources[@]}" 2>&1 | sed -n 's/:[0-9]*:[0-9]*: warning.*//p' | sort | uniq -c)
  if [ -n "$unformatted" ] && [ -n "${LINT_FORMAT:-${CI:-}}" ]; then
    fault "clang-format -i would change (lines, file):"$'\n'"$unformatted"
  elif [ -n "$unformatted" ]; then
    echo "lint: remark: clang-format -i would change $(wc -l <<< "$unformatted") files (LINT_FORMAT=1 lists them)"
  fi
else
  echo "lint: no clang-format here: format not checked"
fi
[ $faults = 0 ] || { echo "lint: $faults faults"; exit 1; }
echo "lint: ${#sources[@]} C++ and JavaScript files and ${#scripts[@]} scripts are clean"
