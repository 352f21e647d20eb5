#!/usr/bin/env bash
# The whole loop on real text in six to twelve minutes, on a bare Debian 12 too: brings what is missing, builds, runs.
# DEMO_TEXT=folder takes your own text. The recipe itself is demo_run.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
bash slurm/deps.sh build
exec make --no-print-directory -f Makefile.ci demo "$@"
