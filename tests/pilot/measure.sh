#!/usr/bin/env bash
# The measurement behind the ladder's rules: 12 designs, up to 5 seeds, 3 learning rates at nano; half of them at micro.
#   measure.sh TEXT DIR [WORKERS]     trains what is missing, cheapest knowledge first; kill it anywhere, run it again
#   measure.sh --table DIR            design scale seed lr bits_per_byte_half bits_per_byte flops tokens, of what is there
# Bits per byte of the validation slice that pretrain scores. GRADUS_BIN: the verbs (copy them, if you build meanwhile).
set -euo pipefail
root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
bin=${GRADUS_BIN:-$root/build/bin}
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
names=(gpt2 mamba2 retnet rwkv6 ttt_linear window retention recurrence convolution parallel post_norm no_positions)
place() { if [ "$1" -lt 5 ]; then printf 'designs/g000/g000-%03d' "$1"; else printf 'designs/g001/g001-%03d' $(($1 - 5)); fi; }

if [ "${1:-}" = --table ]; then
  printf '# design\tscale\tseed\tlr\tbits_per_byte_half\tbits_per_byte\tflops\ttokens\n'
  for i in "${!names[@]}"; do
    for run in "$2/$(place "$i")"/runs/*/pretrain.yaml; do
      [ -e "$run" ] || continue
      IFS=' ' read -r scale seed lr <<< "$(basename "$(dirname "$run")" | sed -E 's/^(.*)-s([0-9]+)-lr(.*)$/\1 \2 \3/')"
      value() { sed -n "s/^$1: //p" "$run"; }
      printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "${names[i]}" "$scale" "$seed" "$lr" "$(value bits_per_byte_half)" \
        "$(value bits_per_byte)" "$(value flops)" "$(value tokens)"
    done
  done
  exit
fi
[ $# -ge 2 ] || { sed -n '2,/^set/s/^# //p' "$0" >&2; exit 2; }
exp=$2
rotary='slots: {rotary: {unit: rotary}}'
attention="unit: multi_head_attention, $rotary"
roots=(pre_norm pre_norm pre_norm pre_norm parallel_block post_norm pre_norm)
mixers=("unit: sliding_window_attention, arguments: {window: 16}, $rotary" "unit: retention, $rotary" 'unit: gated_recurrence'
  'unit: short_convolution, arguments: {width: 8}' "$attention" "$attention" 'unit: nope_attention')
[ -e "$exp/experiment.yaml" ] || "$bin/new" "$exp" --from "$root/configs/demo.yaml" \
  --set 'experiment.baselines=[gpt2, mamba2, retnet, rwkv6, ttt_linear]' --set 'rules.learning_rates=[0.333, 1, 3]' > /dev/null
"$bin/prepare" "$exp" --text "$1" > /dev/null
for i in "${!mixers[@]}"; do
  design=$exp/$(place $((i + 5)))
  mkdir -p "$design"
  [ -e "$design/design.yaml" ] && continue
  tree="root: {unit: ${roots[i]}, slots: {norm: {unit: rms_norm}, mlp: {unit: swiglu}, mixer: {${mixers[i]}}}}"
  while read -r name; do
    tree=$(sed -E "s/unit: $name\b/unit: $(sha256sum "$root/data/units/$name.py" | cut -c -16)/g" <<< "$tree")
  done < <(grep -o 'unit: [a-z0-9_]*' <<< "$tree" | cut -c 7- | sort -u)
  printf 'format: 1\n%s\n' "$tree" > "$design/design.yaml"
done
for i in "${!names[@]}"; do "$bin/check" "$exp/$(place "$i")" > /dev/null; done

jobs() { # SCALE SEED RATES INDICES…
  local rate i
  for rate in $3; do for i in "${@:4}"; do echo "$exp/$(place "$i") $1 $2 $rate"; done; done
}
all=(0 1 2 3 4 5 6 7 8 9 10 11) half=(7 0 9 5 2 10)
for seed in 0 1 2; do jobs nano $seed '1 3 0.333' "${all[@]}"; jobs micro $seed 1 "${half[@]}"; done > "$exp/jobs"
for seed in 3 4; do jobs nano $seed '1 3 0.333' "${all[@]}"; done >> "$exp/jobs"
# shellcheck disable=SC2016 # the inner shell's
xargs -a "$exp/jobs" -P "${3:-2}" -L 1 bash -c '[ -e "$1/evaluate/$2-s$3-lr$4.yaml" ] || {
  "$0/pretrain" "$1" --scale "$2" --seed "$3" --lr "$4" --quiet > /dev/null &&
  "$0/evaluate" "$1" --scale "$2" --seed "$3" --lr "$4" --quiet > /dev/null; } || true' "$bin"
