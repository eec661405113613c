#!/bin/bash
# Captions whatever comes into a folder: the model stays loaded, and a text appears beside each picture.
# SPDX-License-Identifier: Apache-2.0
#
#   watch.sh DIRECTORY
set -euo pipefail
inotifywait -q -m -e close_write -e moved_to --format '%w%f' "${1:?usage: watch.sh DIRECTORY}" \
  | grep --line-buffered -iE '\.(jpe?g|png)$' \
  | convo-format --from paths --ask 'Describe this image.' \
  | clip-encode | llava-project | vicuna-decode --format sidecar
