#!/usr/bin/env bash
# Every word that the scripts give to sbatch, srun and squeue is one that Slurm 20.11, 22.05, 24.11 and 26.05 know, by their --help
# (tests/slurm/help, of Debian's packages). Stand-ins for these commands write down what they are told.
set -uo pipefail
# shellcheck source=tests/tools/fixture.sh
source "$(dirname "$(realpath "$0")")/../tools/fixture.sh"
enter_fixture
failed=0
fail() { echo "versions_test: $*"; failed=1; }
mkdir fake said
for command in sbatch srun squeue scontrol; do
  cat > fake/$command << FAKE
#!/usr/bin/env bash
for word in "\$@"; do  # up to the program that sbatch and srun are to run
  [[ "\$word" == -* || $command = s[qc]* ]] || break
  echo "\$word" >> "$PWD/said/$command"
done
[ $command != sbatch ] || echo 7
[ "\${1:-}" != --mpi=list ] || echo pmix
FAKE
done
chmod +x fake/*
export PATH=$PWD/fake:$PATH
bin/new exp --from tiny --quiet > /dev/null
mkdir -p exp/logs
for site in a100 h100 cpu apptainer; do
  echo exp/designs/g000/g000-000 --scale 350M --seed 0 --lr 1 > $site.list
  sed 's/350M/pico/' "configs/site/$site.yaml" > site.yaml
  sed -i 's/--scale 350M/--scale pico/' $site.list
  GRADUS_SUCCESSOR=8 GRADUS_SITE=site.yaml bash "$GRADUS_SOURCE/slurm/slurm.sh" --each $site.list exp/logs/$site.log bin/pretrain 2> err
  [ $? = 75 ] || fail "$site: $(cat err)"
done
GRADUS_SITE=configs/site/a100.yaml bash "$GRADUS_SOURCE/slurm/run.sh" exp --slurm > id || fail "run.sh --slurm"
[ "$(cat id)" = 7 ] || fail "run.sh --slurm prints $(cat id)"
printf 'format: 1\nlaunch: pmix\nresources: {all: {ranks: 4}}\n' > site.yaml
sed -i "s/^site_modules.*/site_modules=''/; s/^site_scratch.*/site_scratch=''/" exp/slurm/a100/*/site.sh
INDEX=0 bash "$GRADUS_SOURCE/slurm/task.sh" exp/slurm/a100/*/manifest.tsv bin/pretrain 2> err || fail "task: $(cat err)"
for command in sbatch srun squeue; do
  [ -s said/$command ] || fail "$command was told nothing"
  # Both are in use without being in this test.
  [ $command != sbatch ] || printf '%s\n' --begin --dependency >> said/sbatch
  for version in "$GRADUS_SOURCE"/tests/slurm/help/*; do
    while read -r word; do
      grep -qE -- "(^|[ ,])$word([ =,[]|$)" "$version/$command.txt" || fail "$command of Slurm ${version##*/} has no '$word'"
      # --open-mode is in the manual page of all four, and not in sbatch's --help.
    done < <(grep -E '^--?[a-z]' said/$command | sed 's/=.*//' | grep -vx -- --open-mode | sort -u)
  done
done
echo "versions_test: $(cat said/* | grep -E '^-' | sed 's/=.*//' | sort -u | xargs)"
exit $failed
