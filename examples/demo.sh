#!/usr/bin/env bash
# Captions the bundled pictures with the bundled tiny model, and shows the commands that do it.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.build/release:$PATH"

commands=$(cat <<'END'
export LLAVA_MODEL=examples/tiny-llava
ls examples/images/*.jpg | convo-format --ask 'Describe this image.' \
  | clip-encode | llava-project | vicuna-decode
END
)
printf '%s\n' "$commands" | sed '1s/^/$ /; 2s/^/$ /; 3s/^/> /'
eval "$commands"
