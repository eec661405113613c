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
[ ! -e "$name.jsonl" ] || exit 0
# Status 1 says: complete, some pictures skipped and reported.
{
  convo-format --ask "${ASK:-Describe this image.}" --shard "$shard/$shards" \
    --skip-done "$name.part" --repair "$list" \
    | clip-encode --image-root "${IMAGE_ROOT:-.}" | llava-project | vicuna-decode >> "$name.part"
} || [ $? -eq 1 ]
mv "$name.part" "$name.jsonl"
