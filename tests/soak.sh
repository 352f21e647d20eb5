#!/usr/bin/env bash
# What takes too long for every change: kills at random moments (of tools, of one of two training ranks), bits flipped in
# checkpoints, an A/A trial of 50 independent plays, the unit tests under the address and undefined-behaviour sanitizers,
# random programs beside CPython, a build by clang, libFuzzer on the unit language, the gate's canaries by many seeds and in
# all tiers, leaks of every kind in every library unit, random lawful trees at the gate, 200 kills among 20 designs of models
# with a model of Genesys' Table 3, generations on a disturbed Slurm, and the classes of foreign wheels beside stock PyTorch
# (PEER_PYTHON: a Python with torch), the CUDA module compiled, linked and loaded where there is a toolkit.
# Usage: bash tests/soak.sh [kills] [training] [trial] [sanitize] [language] [clang] [fuzz] [canaries] [leaks] [trees] [agents]
#        [slurm] [population] [wheels] [cuda]
#   wheels only where it is named; CANARY_SEEDS: of the fast tier at nano (20), a seventh of them in all tiers
# SYNTAX_RUNS, EVALUATOR_RUNS: of the fuzzers; GRADUS_PROGRAMS, GRADUS_SEED: of the random programs
# TREES, TREES_GATED: random trees (10,000), how many of them meet the gate
set -uo pipefail
root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
export GRADUS_BIN=${GRADUS_BIN:-$root/build/bin} GRADUS_SOURCE=$root OMP_NUM_THREADS=1
[ $# -gt 0 ] || set -- kills training trial sanitize language clang fuzz canaries leaks trees agents slurm population cuda

# Seeds are what the tests already hold; what falls is kept, to be replayed for ever after (tests/unit/fuzz_test.cpp).
fuzz() { # syntax|evaluator RUNS
  local seeds n=0
  seeds=$(mktemp -d)
  cp "$root"/tests/unit/python/*.py "$root"/data/units/*.py "$root"/tests/unit/snippets.py "$seeds"
  find "$root/tests/peer/cases" -name '*.py' -exec cp {} "$seeds" \;
  tail -n +2 "$root/tests/unit/escapes.tsv" | cut -f 2- | while read -r line; do
    n=$((n + 1))
    printf 'import torch\n%b\n' "$line" > "$seeds/escape-$n"
  done
  mkdir -p "$root/tests/fuzz/found"
  ASAN_OPTIONS=detect_leaks=0:detect_container_overflow=0:allocator_may_return_null=1 "$root/build-fuzz/bin/fuzz_$1" \
    -runs="$2" -dict="$root/tests/fuzz/words.dict" -max_len=4096 -timeout=20 -rss_limit_mb=8192 -only_ascii=0 \
    -artifact_prefix="$root/tests/fuzz/found/$1-" -print_final_stats=1 "$seeds" 2>&1 | tail -n 20
  local code=${PIPESTATUS[0]}
  rm -rf "$seeds"
  return "$code"
}
for part in "$@"; do  # at once, not after the hours of the parts before
  if [[ $part =~ ^(clang|fuzz)$ ]] && ! command -v clang++ > /dev/null; then
    echo "soak: '$part' wants clang and its libFuzzer: apt-get install clang" >&2
    exit 2
  fi
done
failed=0
for part in "$@"; do
  echo "soak: $part"
  case $part in
    kills) bash "$root/tests/soak/kill_anywhere.sh" ;;
    training)
      GRADUS_KILLS=${GRADUS_KILLS:-500} "$GRADUS_BIN/train_loop_test" --gtest_filter='*TwoRanksKilled*' &&
        GRADUS_BIT_FLIPS=1000 "$GRADUS_BIN/train_checkpoint_test" ;;
    trial) GRADUS_SLOW=1 "$GRADUS_BIN/ladder_trial_test" --gtest_filter='*FiftyPlaysOfTheirOwn' ;;
    sanitize)
      (cd "$root" && cmake --preset sanitize > /dev/null && cmake --build build-sanitize -j "$(nproc)" &&
        ASAN_OPTIONS=detect_leaks=0 ctest --test-dir build-sanitize --output-on-failure -j "$(nproc)" -L unit) ;;
    language) python3 "$root/tests/soak/language.py" "$GRADUS_BIN/unit_driver" "${GRADUS_PROGRAMS:-2000}" "${GRADUS_SEED:-0}" ;;
    clang) (cd "$root" && cmake --preset clang > /dev/null && cmake --build build-clang -j "$(nproc)") ;;
    fuzz)
      (cd "$root" && cmake --preset fuzz > /dev/null &&
        cmake --build build-fuzz -j "$(nproc)" --target fuzz_syntax fuzz_evaluator) &&
        fuzz syntax "${SYNTAX_RUNS:-10000000}" && fuzz evaluator "${EVALUATOR_RUNS:-1000000}" ;;
    canaries)
      seeds=${CANARY_SEEDS:-20}
      some=$(((seeds + 6) / 7))
      "$GRADUS_BIN/check" --canaries --scale nano --seeds "$seeds" > /dev/null &&
        "$GRADUS_BIN/check" --canaries --scale nano --tier learning --seeds "$some" > /dev/null &&
        "$GRADUS_BIN/check" --canaries --scale 14M --tier learning --seeds "$some" --seconds 600 > /dev/null ;;
    population) GRADUS_POPULATION=${POPULATION:-100000} "$GRADUS_BIN/ladder_population_test" --gtest_filter='*Figures' ;;
    trees) "$GRADUS_BIN/agent_driver" trees "${TREES:-10000}" "${GRADUS_SEED:-0}" "${TREES_GATED:-${TREES:-10000}}" ;;
    agents)
      KILLS=200 DESIGNS=20 PAUSE=110 bash "$root/tests/agent/kill_test.sh" &&
        "$GRADUS_BIN/agent_driver" table "${TABLE_DESIGNS:-100}" ;;
    leaks) GRADUS_LEAKS=all "$GRADUS_BIN/check_injection_test" ;;
    slurm)
      bash "$root/tests/soak/slurm.sh" && bash "$root/tests/soak/slurm_golden.sh" && {
        bash "$root/tests/soak/slurm_disk.sh" || [ $? = 77 ]
      } ;;
    wheels) bash "$root/tests/peer/wheels.sh" ;;
    cuda) bash "$root/tests/soak/cuda.sh" || [ $? = 77 ] ;;
    *)
      echo "soak: unknown part '$part': kills, training, trial, sanitize, language, clang, fuzz, canaries, leaks, trees, agents," \
        "slurm, population, wheels or cuda" >&2
      exit 2 ;;
  esac || { echo "soak: $part FAILED"; failed=1; }
done
exit $failed
