#!/bin/bash
# CSV in, CSV out: each row's picture is asked about with what stands in the row.
# SPDX-License-Identifier: Apache-2.0
#
#   csv.sh TABLE.csv > ANSWERED.csv         the table has the columns image and label
set -euo pipefail
ASK=${ASK:-'Does this show {label}?'}
convo-format --from csv --ask "$ASK" "$1" | clip-encode | llava-project | vicuna-decode \
  | jq -rn '
      reduce inputs as $row ({}; .rows += [$row | del(
        .id, .finish_reason, .prompt_tokens, .completion_tokens, .skipped)])
      | (.rows[0] // {} | keys_unsorted) as $columns
      | $columns, (.rows[]? | [.[$columns[]]]) | @csv'
