#!/usr/bin/env bash
# One run over two nodes of two ranks: by srun with pmix and by mpirun the same bytes, as one rank the same losses nearly.
set -uo pipefail
# shellcheck source=tests/slurm/fixture.sh
source "$(dirname "$(realpath "$0")")/fixture.sh"
enter_cluster 2
failed=0
fail() { echo "ranks_test: $*"; failed=1; }
srun --mpi=list 2>&1 | grep -q pmix || { echo "skipped: this Slurm has no pmix"; exit 77; }
experiment exp
bin/check exp/designs/g000/g000-000 --quiet > /dev/null
mkdir -p exp/logs
export GRADUS_POLL=0.3
run=exp/designs/g000/g000-000/runs/pico-s0-lr1
for how in alone pmix mpirun; do
  printf 'format: 1\nlimits: {settle_seconds: 1, losses: 1}\nlaunch: %s\nresources: {all: {memory_gb: 0.5}' \
    "$([ $how = alone ] && echo auto || echo $how)" > site.yaml
  [ $how = alone ] || printf ', pretrain: {nodes: 2, ranks: 2}' >> site.yaml
  echo '}' >> site.yaml
  echo exp/designs/g000/g000-000 --scale pico --seed 0 --lr 1 > $how.list
  bash "$GRADUS_SOURCE/slurm/slurm.sh" --each $how.list "exp/logs/$how.log" bin/pretrain 2> $how.err ||
    fail "$how: code $?: $(cat $how.err exp/slurm/$how/*/log/*)"
  mv $run $how
done
for how in pmix mpirun; do
  [ "$(sed -n 's/^ranks: //p' $how/pretrain.yaml)" = 4 ] || fail "$how: not on 4 ranks: $(cat $how/pretrain.yaml)"
done
cmp pmix/pretrain.yaml mpirun/pretrain.yaml || fail "pmix and mpirun differ"
loss() { sed -n 's/^loss: //p' "$1/pretrain.yaml"; }
awk -v a="$(loss alone)" -v b="$(loss pmix)" 'BEGIN { exit !(a - b < 1e-3 && b - a < 1e-3) }' || fail "1 rank $(loss alone), 4 ranks $(loss pmix)"
[ $failed = 0 ] && echo "ranks_test: passed"
exit $failed
