#!/usr/bin/env bash
# What takes too long for every change: kills at random moments, an A/A trial of 50 independent plays, the unit tests
# under the address and undefined-behaviour sanitizers, random programs beside CPython, the classes of foreign wheels
# beside stock PyTorch. Usage: bash tests/soak.sh [kills] [trial] [sanitize] [language] [wheels]
# Without arguments all but wheels, which needs PEER_PYTHON, a Python with PyTorch.
set -uo pipefail
root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
export GRADUS_BIN=${GRADUS_BIN:-$root/build/bin} GRADUS_SOURCE=$root OMP_NUM_THREADS=1
[ $# -gt 0 ] || set -- kills trial sanitize language
failed=0
for part in "$@"; do
  echo "soak: $part"
  case $part in
    kills) bash "$root/tests/soak/kill_anywhere.sh" ;;
    trial) GRADUS_SLOW=1 "$GRADUS_BIN/ladder_trial_test" --gtest_filter='*FiftyPlaysOfTheirOwn' ;;
    sanitize)
      (cd "$root" && cmake --preset sanitize > /dev/null && cmake --build build-sanitize -j "$(nproc)" &&
        ASAN_OPTIONS=detect_leaks=0 ctest --test-dir build-sanitize --output-on-failure -j "$(nproc)" -L unit) ;;
    language) python3 "$root/tests/soak/language.py" "$GRADUS_BIN/unit_driver" "${GRADUS_PROGRAMS:-2000}" "${GRADUS_SEED:-0}" ;;
    wheels) bash "$root/tests/peer/wheels.sh" ;;
    *) echo "soak: unknown part '$part': kills, trial, sanitize, language or wheels" >&2; exit 2 ;;
  esac || { echo "soak: $part FAILED"; failed=1; }
done
exit $failed
