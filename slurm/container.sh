#!/usr/bin/env bash
# A word for each verb that runs it in a container, for a cluster where Gradus is built in none but that.
#   slurm/container.sh gradus.sif FOLDER [words for apptainer exec, --nv…]     then GRADUS_BIN=FOLDER slurm/run.sh …
# CONTAINER: the program, apptainer unless it is singularity. The container is made by Apptainer.def.
set -euo pipefail
if [ $# -lt 2 ] || [ ! -e "$1" ]; then
  sed -n '2,/^set/s/^# //p' "$0" >&2
  exit 2
fi
image=$(realpath "$1") folder=$2 program=${CONTAINER:-apptainer}
command -v "$program" > /dev/null || { echo "container: no '$program' here: CONTAINER=singularity, or load its module" >&2; exit 2; }
mkdir -p "$folder"
for verb in $(cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/../tools" && printf '%s\n' ./*.cpp | sed 's|^./\(.*\)\.cpp$|\1|'); do
  printf '#!/usr/bin/env bash\nexec %q exec %s%q /opt/gradus/build/bin/%s "$@"\n' \
    "$program" "$([ $# = 2 ] || printf '%q ' "${@:3}")" "$image" "$verb" > "$folder/.$verb"
  chmod +x "$folder/.$verb"
  mv "$folder/.$verb" "$folder/$verb"
done
echo "container: GRADUS_BIN=$(realpath "$folder")" >&2
