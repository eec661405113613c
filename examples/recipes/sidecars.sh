#!/bin/bash
# Captions for a training set: a text beside each picture, with the words that call the subject before it.
# SPDX-License-Identifier: Apache-2.0
#
#   TRIGGER='sks dog' sidecars.sh DIRECTORY...
set -euo pipefail
llava-caption --sidecar .txt --prefix "${TRIGGER:+$TRIGGER, }" --ask 'Describe this image.' \
  "${@:?usage: sidecars.sh DIRECTORY...}"
