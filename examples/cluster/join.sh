#!/bin/bash
# Joins the shards of captions in their order, once all of them are complete.
# SPDX-License-Identifier: Apache-2.0
#
#   join.sh OUT N > captions.jsonl
set -euo pipefail
out=${1:?usage: join.sh OUT N} shards=${2:?}
[[ $shards =~ ^[1-9][0-9]*$ ]] || { echo "join.sh: expected the number of shards, found $shards" >&2; exit 2; }
for shard in $(seq "$shards"); do
  [ -e "$out/$shard-of-$shards.jsonl" ] || {
    echo "join.sh: shard $shard of $shards is not complete (run its task again)" >&2
    exit 1
  }
done
for shard in $(seq "$shards"); do cat "$out/$shard-of-$shards.jsonl"; done
