# Slurm's queue, for the scripts beside; sourced. Jobs are known by name: gradus-KEY (the driver of an experiment) and
# gradus-KEY-STAGE (its arrays), KEY from the experiment's real path, so that everybody who shares it sees the same.
# shellcheck shell=bash
key_of() { printf 'gradus-%.8s\n' "$(printf %s "$(realpath "$1")" | sha256sum)"; }
site_of() { # EXP: the file of site facts that holds for it
  local site=${GRADUS_SITE:-}
  [ -n "$site" ] || [ ! -e "$1/site.yaml" ] || site=$1/site.yaml
  echo "${site:-$here/../configs/site.yaml}"
}

# queue FORMAT squeue's words…: one answer, or code 75 after patience; a controller that does not answer is no empty queue.
queue() {
  local format=$1 tries
  for tries in 1 2 4 8 16; do
    squeue -h -r -o "$format" "${@:2}" 2> /dev/null && return
    sleep "$tries"
  done
  echo "queue: squeue does not answer" >&2
  return 75
}
jobs_named() { queue '%F' -n "$1" -t pending,running,suspended,configuring,completing,requeued,preempted | sort -un; }

# submit NAME COMMENT sbatch's words…: prints the job's id. sbatch may say that it timed out when the job was accepted
# all the same: so each submission has a comment of its own, and is looked for before it is sent again.
submit() {
  local name=$1 mark tries id words=("${@:3}")
  mark="$2 $(date +%s)-$$-$RANDOM"
  for tries in 1 2 4 8 16; do
    # shellcheck disable=SC2086 # what Slurm told this job about itself is not for the next one
    id=$(unset ${!SLURM_JOB*} ${!SLURM_MEM*} ${!SLURM_CPU*} ${!SLURM_NTASKS*} ${!SLURM_TASKS*} ${!SLURM_ARRAY*} \
      ${!SLURM_NNODES*} ${!SLURM_GPU*} ${!SBATCH_*} SLURM_RESTART_COUNT SLURM_OPEN_MODE
      sbatch --parsable --job-name="$name" --comment="$mark" "${words[@]}") && { echo "${id%%;*}"; return; }
    sleep "$tries"
    id=$(queue '%F|%k' -n "$name" -t all | grep -F "|$mark" | head -n 1 | cut -d '|' -f 1) || true
    [ -z "$id" ] || { echo "$id"; return; }
  done
  echo "submit: sbatch refuses '$name': see above" >&2
  return 2
}
