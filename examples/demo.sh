#!/usr/bin/env bash
# Captions the bundled pictures with the bundled tiny model, and shows the commands that do it.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.build/release:$PATH"

commands=$(cat <<'END'
export LLAVA_MODEL=examples/tiny-llava
llava-caption examples/images
ls examples/images/*.jpg | convo-format --ask 'Is there a yellow star?' \
  | clip-encode | llava-project | vicuna-decode --format text
END
)
while IFS= read -r line; do
  # A command that goes on in the next line is shown with it and run with it.
  case $line in *'\') printf '$ %s\n' "$line"; rest=${line%?}; continue ;; esac
  if [ -n "${rest:-}" ]; then printf '> %s\n' "$line"; else printf '$ %s\n' "$line"; fi
  eval "${rest:-}$line"; rest=
done <<< "$commands"
