#!/usr/bin/env bash
# deps - what a bare Debian 12 needs to build Gradus, only where it is missing: packages by apt, libtorch by pip.
# Usage: bash slurm/deps.sh [build|test|peer]   each word includes those before it; needs about 3 GB of disk
# GRADUS_APT=no leaves the packages to you (modules, conda-forge, an administrator); LIBTORCH=DIR leaves libtorch to you.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "deps: $*"; }
fail() { echo "deps: error: $*" >&2; exit 2; }

# 1. Which packages are missing.
packages=(ca-certificates make g++ cmake ninja-build ccache pkg-config python3 python3-pip
  libopenmpi-dev openmpi-bin libhdf5-dev libyaml-cpp-dev libboost-program-options-dev nlohmann-json3-dev
  libsentencepiece-dev libspdlog-dev libxxhash-dev libssl-dev zlib1g-dev libseccomp-dev
  libcurl4-openssl-dev libsqlite3-dev node-d3)
# Slurm for a private cluster in the tests; its daemons of the system stay unconfigured.
for_tests=(libgtest-dev libgmock-dev hdf5-tools shellcheck mandoc chromium slurmctld slurmd slurm-client
  slurm-wlm-basic-plugins)
case "${1:-build}" in
  build) ;;
  test) packages+=("${for_tests[@]}") ;;
  peer) packages+=("${for_tests[@]}" python3-venv jq) ;;
  *) fail "unknown word '$1': build, test or peer" ;;
esac
missing=()
if [ "${GRADUS_APT:-}" != no ]; then
  if ! command -v apt-get > /dev/null || ! command -v dpkg-query > /dev/null; then
    fail "no apt here, this is not a Debian: install the likes of '${packages[*]}', then GRADUS_APT=no $0 $*"
  fi
  for package in "${packages[@]}"; do
    dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2> /dev/null | grep -q '^ii' || missing+=("$package")
  done
fi

# 2. Install them.
if [ ${#missing[@]} -gt 0 ]; then
  say "installing ${#missing[@]} Debian packages (about 200 MB if none is there): ${missing[*]}"
  root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo > /dev/null ||
      fail "installing packages needs root, and there is no sudo: ask for '${missing[*]}', then GRADUS_APT=no $0 $*"
    root=(sudo)
  fi
  free_kib=$(df --output=avail -k /usr | tail -n 1)
  [ "$free_kib" -gt 1500000 ] || fail "packages need about 1.5 GB under /usr, free are $((free_kib / 1024)) MiB"
  apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=2 -o Acquire::http::Timeout=30)
  started=$SECONDS
  out=/dev/null  # apt's many lines are progress on a terminal, noise in a log
  [ ! -t 1 ] || out=/dev/stdout
  words=$(mktemp)
  trap 'rm -f "$words"' EXIT
  # A source that does not answer is not fatal by itself: the lists of the others may hold all that is needed.
  "${root[@]}" "${apt[@]}" update > $out 2> "$words" || say "warning: apt-get update failed: trying the lists that are here"
  "${root[@]}" "${apt[@]}" install -y --no-install-recommends "${missing[@]}" > $out 2> "$words" || {
    tail -n 3 "$words" >&2
    fail "apt-get install failed: is there a network, and a mirror in /etc/apt/sources.list?"
  }
  say "packages installed in $((SECONDS - started)) s"
else
  say "Debian packages: nothing to install"
fi

# 3. libtorch.
bash slurm/libtorch.sh
