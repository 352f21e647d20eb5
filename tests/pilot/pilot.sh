#!/usr/bin/env bash
# The measurement that nano and micro were chosen by: library designs on both, noise of seeds, agreement of the orders.
#   pilot.sh TEXT DIR [SCALE SEEDS]…      e.g. pilot.sh gutenberg /tmp/pilot nano 0,1,2 micro 0
# Prints design, scale, seed, bits per byte at half and at the end, seconds; runs that are there already are read.
# PILOT_NEW: words for `new` (--set scales.nano.tokens=262144 …); PILOT_DESIGNS: which of the table below; GRADUS_BIN: the verbs.
set -euo pipefail
root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
bin=${GRADUS_BIN:-$root/build/bin}
[ $# -ge 4 ] || { sed -n '2,/^set/s/^# //p' "$0" >&2; exit 2; }
text=$1 exp=$2
shift 2
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}

rotary='slots: {rotary: {unit: rotary}}'
declare -A mixer=(
  [attention]="unit: multi_head_attention, $rotary" [window]="unit: sliding_window_attention, arguments: {window: 16}, $rotary"
  [linear]='unit: linear_attention' [gla]='unit: gated_linear_attention' [recurrence]='unit: gated_recurrence'
  [convolution]='unit: short_convolution, arguments: {width: 8}'
  [series]="unit: series, slots: {first: {unit: short_convolution}, second: {unit: multi_head_attention, $rotary}}"
)
tree() { # ROOT MIXER MLP, unit names replaced by the hashes of their files
  local text="root: {unit: $1, slots: {norm: {unit: rms_norm}, mlp: {unit: $3}, mixer: {${mixer[$2]}}}}" name
  while read -r name; do
    text=$(sed -E "s/unit: $name\b/unit: $(sha256sum "$root/data/units/$name.py" | cut -c -16)/g" <<< "$text")
  done < <(grep -o 'unit: [a-z0-9_]*' <<< "$text" | cut -c 7- | sort -u)
  printf 'format: 1\n%s\n' "$text"
}
designs=(gpt2:pre_norm:attention:swiglu geglu:pre_norm:attention:geglu relu2:pre_norm:attention:relu2_mlp
  parallel:parallel_block:attention:swiglu window:pre_norm:window:swiglu linear:pre_norm:linear:swiglu
  gla:pre_norm:gla:swiglu recurrence:pre_norm:recurrence:swiglu convolution:pre_norm:convolution:swiglu
  series:pre_norm:series:swiglu)

# shellcheck disable=SC2086 # words
[ -e "$exp/experiment.yaml" ] || "$bin/new" "$exp" --from "$root/configs/demo.yaml" ${PILOT_NEW:-} > /dev/null
"$bin/prepare" "$exp" --text "$text" > /dev/null
declare -A place
for i in "${!designs[@]}"; do
  IFS=: read -r name block mix mlp <<< "${designs[i]}"
  place[$name]=$exp/designs/g000/$(printf 'g000-%03d' "$i")
  mkdir -p "${place[$name]}"
  [ -e "${place[$name]}/design.yaml" ] || tree "$block" "$mix" "$mlp" > "${place[$name]}/design.yaml"
done
while [ $# -ge 2 ]; do
  for seed in ${2//,/ }; do
    for entry in "${designs[@]}"; do
      name=${entry%%:*}
      [[ " ${PILOT_DESIGNS:-$name} " == *" $name "* ]] || continue
      [ -e "${place[$name]}/check.yaml" ] || "$bin/check" "${place[$name]}" > /dev/null || continue
      "$bin/pretrain" "${place[$name]}" --scale "$1" --seed "$seed" --quiet > /dev/null || continue
      run=${place[$name]}/runs/$1-s$seed-lr1
      printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$name" "$1" "$seed" \
        "$(sed -n 's/^bits_per_byte_half: //p' "$run/pretrain.yaml")" "$(sed -n 's/^bits_per_byte: //p' "$run/pretrain.yaml")" \
        "$(sed -n 's/.*"event":"end","seconds":\([0-9.]*\).*/\1/p' "$run/log.jsonl")"
    done
  done
  shift 2
done
