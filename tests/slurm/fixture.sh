# A private cluster and experiments for it; sourced. enter_cluster NODES: in an empty directory, SLURM_CONF set; 77 without
# Slurm. All ends with the script.
# shellcheck shell=bash
tests=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source=tests/tools/fixture.sh
source "$tests/../tools/fixture.sh"
enter_cluster() {
  enter_fixture
  cluster=$(mktemp -d "/tmp/slurm-XXXXXX")
  # shellcheck disable=SC2064 # the paths of now
  trap "bash '$tests/cluster.sh' stop '$cluster'; rm -rf '$cluster' '$(dirname "$PWD")'" EXIT
  bash "$tests/cluster.sh" start "$cluster" "$1" || exit
  eval "$(bash "$tests/cluster.sh" env "$cluster")"
  hurry &
  export GRADUS_SITE=$PWD/site.yaml
  cat > site.yaml << 'SITE'
format: 1
limits: {pack_minutes: 0.0, settle_seconds: 1, at_once: 4, losses: 100, crashes: 100, rounds: 100, drivers: 100}
resources: {all: {memory_gb: 0.5, minutes: 10}}
SITE
}
# Slurm lets a requeued job wait two minutes: not here. Told too early, while the job still ends, it calls the job failed.
hurry() {
  local job
  declare -A seen
  while sleep 0.5 && [ -e "$cluster/slurm.conf" ]; do
    for job in $(squeue -h -r -t pending -o '%i %r' 2> /dev/null | sed -n 's/ BeginTime$//p'); do
      seen[$job]=$((${seen[$job]:-0} + 1))
      if [ "${seen[$job]}" -gt 5 ]; then scontrol update "jobid=$job" starttime=now 2> /dev/null; seen[$job]=0; fi
    done
  done
}
# experiment NAME SETTINGS…: as small as can be, and with nothing left to a probe, so that two are equal to the bit.
experiment() {
  local words=()
  for word in "${@:2}"; do words+=(--set "$word"); done
  bin/new "$1" --from tiny --set pretrain.gemm=mkl "${words[@]}" --quiet > /dev/null
  bin/prepare "$1" --text text --quiet > /dev/null
}
closed() { [ -e "$1/selected/$(printf 'g%03d' "$2")-close.yaml" ]; }
# same A B: every design, decision and result; seconds may differ, nothing else, and nothing is left half-written.
same_results() {
  local file differing=0
  while IFS= read -r file; do
    cmp -s <(grep -v seconds "$1/$file") <(grep -v seconds "$2/$file") || { echo "differs: $file"; differing=1; }
  done < <(cd "$1" && find designs selected -name '*.yaml' -o -name '*.md' | sort)
  for kind in check.yaml pretrain.yaml close.yaml; do
    [ "$(find "$1" -name "*$kind" | wc -l)" = "$(find "$2" -name "*$kind" | wc -l)" ] || { echo "other numbers of $kind"; differing=1; }
  done
  return $differing
}
jobs_left() { squeue -h -r -o %A | wc -l; }
# until_closed EXP GENERATION SECONDS: submitted jobs bring it there, and leave none.
until_closed() {
  local left=$3
  until closed "$1" "$2" && [ "$(jobs_left)" = 0 ]; do
    left=$((left - 1))
    [ $left -gt 0 ] || { echo "not closed in $3 s: $(squeue); $(tail -n 5 "$1/logs/driver.log")"; return 1; }
    [ "$(jobs_left)" != 0 ] || closed "$1" "$2" || { echo "nothing is queued: $(tail -n 5 "$1/logs/driver.log")"; return 1; }
    sleep 1
  done
}
