#!/bin/bash
# Captions shard K of N of a list of pictures: one task of any job runner.
# SPDX-License-Identifier: Apache-2.0
#
#   caption.sh LIST OUT K N
#
# OUT/K-of-N.jsonl appears when the shard is complete; until then OUT/K-of-N.part holds what is done. A task
# that is started again goes on behind that, and one that is complete ends at once. ASK is the question.
set -euo pipefail
list=${1:?usage: caption.sh LIST OUT K N} out=${2:?} shard=${3:?} shards=${4:?}
mkdir -p "$out"
name=$out/$shard-of-$shards
[ -r "$list" ] || { echo "caption.sh: $list: expected a list of pictures to read" >&2; exit 4; }
[ ! -e "$name.jsonl" ] || exit 0
# Held by the tools, too: a task that was lost may have left them running.
exec 9>> "$name.part"
flock -n 9 || { echo "caption.sh: another task writes $name.part (wait for it, or end it)" >&2; exit 1; }
[ ! -e "$name.jsonl" ] || { rm -f "$name.part"; exit 0; }
status=0
{
  convo-format --ask "${ASK:-Describe this image.}" --shard "$shard/$shards" \
    --skip-done "$name.part" --repair "$list" \
    | clip-encode --image-root "${IMAGE_ROOT:-.}" | llava-project | vicuna-decode >> "$name.part"
} || status=$?
# Status 1 says: complete, some pictures skipped and reported.
[ "$status" -le 1 ] || exit "$status"
if [ "$status" -eq 1 ] && ! grep -qv '"skipped":{' "$name.part"; then
  echo "caption.sh: no picture of shard $shard could be read (IMAGE_ROOT is where relative paths begin)" >&2
  : > "$name.part"
  exit 1
fi
mv "$name.part" "$name.jsonl"
