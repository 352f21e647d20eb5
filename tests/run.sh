#!/usr/bin/env bash
# The whole test suite, on a bare Debian 12 too: brings what is missing, then make -f Makefile.ci test.
set -euo pipefail
cd "$(dirname "$0")/.."
bash slurm/deps.sh test
exec make --no-print-directory -f Makefile.ci test "$@"
