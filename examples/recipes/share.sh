#!/bin/bash
# One share of a folder's pictures, for many machines or processes side by side.
# SPDX-License-Identifier: Apache-2.0
#
#   sbatch --array=0-15 share.sh DIRECTORY OUT     each of 16 tasks takes every 16th picture; 1-16 will do too
#   SHARES=4 SHARE=0 share.sh DIRECTORY OUT        the same by hand
#
# Every share has a file of its own; a task that is started again goes on with it.
set -euo pipefail
share=${SHARE:-${SLURM_ARRAY_TASK_ID:?set SHARE, or run it as an array of Slurm}}
shares=${SHARES:-${SLURM_ARRAY_TASK_COUNT:?set SHARES, or run it as an array of Slurm}}
mkdir -p "${2:?usage: share.sh DIRECTORY OUT}"
mapfile -d '' -t pictures < <(
  find "$1" -type f ! -name '.*' \( -iname '*.jpg' -o -iname '*.jpeg' -o -iname '*.png' \) -print0 \
    | LC_ALL=C sort -z | awk -v RS='\0' -v ORS='\0' -v n="$shares" -v k="$share" 'NR % n == k % n')
[ ${#pictures[@]} -eq 0 ] || llava-caption --jsonl "$2/$share.jsonl" "${pictures[@]}"
