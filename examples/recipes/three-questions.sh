#!/bin/bash
# Three answers to a picture, in a table: each picture is read once.
# SPDX-License-Identifier: Apache-2.0
#
#   three-questions.sh DIRECTORY TABLE.tsv
set -euo pipefail
llava-caption --tsv "${2:?usage: three-questions.sh DIRECTORY TABLE.tsv}" --ask 'Describe this image.' --ask 'Is there a person?' \
  --ask 'Is it day or night?' "$1"
