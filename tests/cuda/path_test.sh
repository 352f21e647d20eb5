#!/usr/bin/env bash
# What is said of the CUDA path is true: no tool links CUDA or NCCL, and README.md says when the path last ran on a GPU:
#   CUDA/NCCL path last run: never                          then nothing of it is on that is not asked for
#   CUDA/NCCL path last run: 2026-01-31, 0123abcd, NVIDIA H100 80GB HBM3        a commit before this one, and when the
# path's files are not those of that commit, '; changed since' behind it.
set -uo pipefail
cd "${GRADUS_SOURCE:-$(dirname "$0")/../..}" || exit 2
failed=0
fault() { echo "$*" && failed=1; }

for tool in tools/*.cpp; do
  needed=$(ldd "${GRADUS_BIN:-build/bin}/$(basename "$tool" .cpp)") || fault "no binary of $tool"
  grep -E 'lib(torch_cuda|c10_cuda|nccl|cublas|gradus_cuda)' <<< "$needed" && fault "$tool links CUDA"
done

path=(common/cuda common/train/{accelerator,pass}.cpp common/unit/tensor/{device,fused}.cpp)
judge() { # README: what is wrong with its line
  local line commit since='^CUDA/NCCL path last run: 20[0-9]{2}-[01][0-9]-[0-3][0-9], ([0-9a-f]{7,40}), [A-Z].*'
  line=$(grep -o 'CUDA/NCCL path last run: .*' "$1")
  if [[ $line = 'CUDA/NCCL path last run: never'* ]]; then
    grep -q '^  device_graph: false$' configs/reference.yaml || echo "never run, but pretrain.device_graph is on"
  elif [[ $line =~ $since ]]; then
    commit=${BASH_REMATCH[1]}
    git cat-file -e "$commit^{commit}" 2> /dev/null || { echo "no commit '$commit' here"; return; }
    git merge-base --is-ancestor "$commit" HEAD || echo "'$commit' is no ancestor of this commit"
    git diff --quiet "$commit" -- "${path[@]}" || [[ $line = *'; changed since'* ]] || echo "changed since '$commit'"
  else
    echo "one line 'CUDA/NCCL path last run:' with never, or date, commit and GPU; found '$line'"
  fi
}
found=
[ "$(git rev-parse --is-shallow-repository 2> /dev/null)" != false ] || found=$(judge README.md)
[ -z "$found" ] || fault "README.md: $found"

# The judge itself, in a repository of its own.
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
cd "$home" || exit 2
git init -q . && git config user.name t && git config user.email t@example.org
mkdir -p common/cuda configs && echo one > common/cuda/kernels.cu
echo '  device_graph: false' > configs/reference.yaml
git add . && git commit -qm first && first=$(git rev-parse HEAD)
says() { # WORDS LINE: the judge says WORDS ('' for nothing) of a README with that line
  local got
  echo "CUDA/NCCL path last $2" > README.md
  got=$(judge README.md)
  if [ -n "$1" ]; then [[ $got = *"$1"* ]]; else [ -z "$got" ]; fi || fault "of '$2' it says '$got', not '$1'"
}
says '' 'run: never.' && says 'found' 'ran: never' && says 'found' 'run: today' && says 'found' 'run: 2026-01-31, v1, X'
says '' "run: 2026-01-31, $first, NVIDIA H100" && says "no commit" 'run: 2026-01-31, 0123456, NVIDIA H100'
echo two > common/cuda/kernels.cu && says "changed since" "run: 2026-01-31, $first, NVIDIA H100"
says '' "run: 2026-01-31, $first, NVIDIA H100; changed since" && echo '  device_graph: true' > configs/reference.yaml
says 'device_graph is on' 'run: never.' && git commit -qam second && second=$(git rev-parse HEAD)
git reset -q --hard "$first" && says 'no ancestor' "run: 2026-01-31, $second, NVIDIA H100"
exit $failed
