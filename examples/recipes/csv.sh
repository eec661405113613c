#!/bin/bash
# CSV in, CSV out: each row's picture is asked about with what stands in the row.
# SPDX-License-Identifier: Apache-2.0
#
#   csv.sh TABLE.csv > ANSWERED.csv         the table has the columns image and label
#
# The answers are the column answer, empty where a picture could not be read. A column text is taken for the
# question instead of ASK, and does not come out again.
set -euo pipefail
ASK=${ASK:-'Does this show {label}?'}
convo-format --from csv --ask "$ASK" "${1:?usage: csv.sh TABLE.csv > ANSWERED.csv}" \
  | clip-encode | llava-project | vicuna-decode \
  | jq -rn '
      [inputs
        | .answer = (if .skipped then null else .text end)
        | if .id == .image then del(.id) else . end
        | del(.text, .finish_reason, .prompt_tokens, .completion_tokens, .skipped)] as $rows
      | (reduce ($rows[] | keys_unsorted[]) as $key ([];
          if index($key) then . else . + [$key] end) - ["answer"] + ["answer"]) as $columns
      | $columns, ($rows[] | [.[$columns[]]]) | @csv'
