#!/bin/bash
# Captions a list on the machines of GNU parallel, a shard at a time on each.
# SPDX-License-Identifier: Apache-2.0
#
#   parallel.sh LIST OUT N                                   on this machine
#   MACHINES=machines.txt parallel.sh LIST OUT N             on those of the file, by ssh, with a shared disk
#
# More shards than machines (four times as many, say) let fast machines take more of them. What was complete
# stays when the same command is given again; a shard that failed is tried again.
set -euo pipefail
list=${1:?usage: parallel.sh LIST OUT N} out=${2:?} shards=${3:?}
caption=${CAPTION:-$(dirname "$0")/caption.sh}
mkdir -p "$out"
where=()
[ -z "${MACHINES:-}" ] || where=(--sshloginfile "$MACHINES" --workdir . --env PATH --env LLAVA_MODEL)
parallel --jobs "${JOBS:-1}" --retries 2 "${where[@]}" \
  "$caption" "$list" "$out" {} "$shards" ::: $(seq "$shards")
