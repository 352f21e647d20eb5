# A driver's first questions; sourced by driver.sh, with its variables. Is there another driver of this experiment, up to
# which generation may this one go, and has it any sense to go on?
# shellcheck shell=bash disable=SC2154 # exp, job, key, history, site_…
opened() { awk -F '\t' -v job="$1" '$1 == "opened" && $2 == job { print $3 }' "$history" | tail -n 1; }
others() { queue '%A|%k' -n "$key" | grep -v "^$job|" || true; }

# For one that a person submitted: code 1 where another was first. One at a time asks, whoever holds the folder .opening;
# the winner stands in the history, should Slurm run it a second time.
open_alone() {
  local other comment closed
  until mkdir "$exp/slurm/.opening" 2> /dev/null; do  # left by one that was killed: two minutes
    find "$exp/slurm/.opening" -maxdepth 0 -mmin +2 -exec rmdir {} + 2> /dev/null || true
    sleep 1
  done
  trap 'rmdir "$exp/slurm/.opening"' EXIT
  scontrol update "jobid=$job" "jobname=$key"
  while IFS='|' read -r other comment; do
    [[ "$comment" == *" successor "* || -n "$(opened "${other:-none}")" ]] || continue
    say "'$exp' has its driver, job $other: nothing to do"
    echo "'$exp' has its driver, job $other: nothing to do"
    return 1
  done < <(others)
  closed=$(find "$exp/selected" -name 'g*-close.yaml' 2> /dev/null | wc -l)
  : "${until:=$((closed + more))}"
  [ $((until - closed)) -le "$site_generations" ] ||
    fail "$((until - closed)) generations, limits.generations in '$site' is $site_generations"
  note opened "$job" "$until"
  rmdir "$exp/slurm/.opening"
  trap - EXIT
}

may_go_on() {
  local idle
  [ ! -e "$exp/stop" ] || { say "'$exp/stop' is there: stopped; remove it and submit again"; return 1; }
  idle=$(awk '$1 == "start" { n++ } $1 != "start" { n = 0 } END { print n + 0 }' "$history")
  [ "$idle" -lt "$site_drivers" ] || fail "$idle drivers in a row got nowhere: see above, mend, submit again"
  note start "$job"
}
