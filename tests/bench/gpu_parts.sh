# shellcheck shell=bash disable=SC2154
# Parts of gpu.sh that time and kill; sourced by it.
half=(--set pretrain.precision=bfloat16)
in_config() { sed -n "s/^$1: //p" "$(dirname "$2")/config.yaml" | head -n 1; } # KEY LOG
speed_of() {  # NAME LOG RESULT: a line of the table
  awk -v name="$1" -v s="$(field median_step_seconds "$2")" -v b="$(in_config '  batch_tokens' "$2")" \
    -v l="$(in_config n_blocks "$2")" -v d="$(in_config '  d_model' "$2")" -v t="$(in_config '  context' "$2")" \
    -v p="$(sed -n 's/^parameters: //p' "$3")" -v m="$(field device_bytes "$2")" \
    -v micro="$(in_config micro_batch "$2")" -v r="$(field recorded "$2")" 'BEGIN {
      v = b / s
      printf "%s\t%d parameters\t%.1f ms\t%.0f tokens/s", name, p, 1000 * s, v
      printf "\tMFU %.1f %% / %.1f %%", v * (6 * p + 6 * l * d * t) / 989e10, v * (6 * p + 12 * l * d * t) / 989e10
      printf "\t%.1f GiB\tmicro-batch %d\trecorded %s\n", m / 2^30, micro, r}'
}
speed() {
  local design=speed/designs/g000/g000-000 run
  for scale in 14M gpt124 gpt350; do
    for way in 'true true' 'true false' 'false true' 'false false'; do
      run=$design/runs/$scale-s0-lr1
      rm -rf "$run"
      train $design --scale $scale --device cuda "${half[@]}" --set "pretrain.device_graph=${way% *}" \
        --set "pretrain.deterministic=${way#* }"
      speed_of "speed	$scale graph ${way% *} deterministic ${way#* }" $run/log.jsonl $run/pretrain.yaml
    done
  done
}
killed() {
  local design=seeds/designs/g000/g000-000 run=seeds/designs/g000/g000-000/runs/nano-s7-lr1 whole child n_kills=0
  local how=(--scale nano --seed 7 --device cuda "${half[@]}" --set pretrain.checkpoint_steps=2)
  rm -rf $run
  train $design "${how[@]}"
  whole=$(sed -n 's/^weights_hash: //p' $run/pretrain.yaml)
  rm -rf $run
  for steps in 3 5 7 9 11 13; do
    train $design "${how[@]}" &
    child=$!
    while kill -0 $child 2> /dev/null && [ "$(grep -cs '"loss"' $run/log.jsonl || true)0" -lt "${steps}0" ]; do
      sleep 0.01
    done
    kill -9 $child 2> /dev/null && n_kills=$((n_kills + 1))
    wait $child 2> /dev/null || true
  done
  train $design "${how[@]}"
  printf 'killed\twhole %s, after %s kills ' "$whole" "$n_kills"
  sed -n 's/^weights_hash: //p' $run/pretrain.yaml
  "$bin/evaluate" $design --scale nano --seed 7 --quiet | sed 's/^/evaluate on the CPU	/'
}
packed() {
  local design=speed/designs/g000/g000-000 start seconds
  rm -rf $design/runs/14M-s[1-4]-lr1
  start=$(date +%s.%N)
  for seed in 1 2 3 4; do
    train $design --scale 14M --seed $seed --device cuda "${half[@]}" &
  done
  wait
  seconds=$(echo "$(date +%s.%N) - $start" | bc)
  for run in "$design"/runs/14M-s[1-4]-lr1; do
    speed_of "packed	14M, four in $seconds s" "$run/log.jsonl" "$run/pretrain.yaml"
  done
}
