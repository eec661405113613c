#!/usr/bin/env bash
# Runs tests and shows what matters of what they print: failures whole, what was skipped, the end.
# SPDX-License-Identifier: Apache-2.0
#
#   Tests/run.sh LOG swift test ...
# Everything goes to LOG; the status is that of the command. What is neither the beginning of a test
# nor the end of one that passed is shown as it comes: issues with all their lines, a compiler's or a
# crash's words, the runner's closing lines. Skipped tests stand together before those.
set -uo pipefail
log=$1
shift
mkdir -p "$(dirname "$log")"
[ -t 1 ] && terminal=1 || terminal=0

"$@" 2>&1 | tee "$log" | awk -v terminal="$terminal" -v log_file="$log" '
  function paint(colour, text) { return terminal ? "\033[" colour "m" text "\033[0m" : text }
  function wipe() { if (terminal && passed) printf "\r\033[K" }
  function name(line) {
    sub(/^[^ ]+ +/, "", line)
    sub(/ (started|passed after|failed after|skipped).*/, "", line)
    sub(/ with [0-9]+ test cases$/, "", line)
    return line
  }
  function tell_skips(i) {
    if (skips) print skips " skipped:"
    for (i = 1; i <= skips; i++) print paint(33, "  " skip[i])
    skips = 0
  }

  /^\[[0-9]+\/[0-9]+\] / { next }  # the steps of a build
  /^◇ Test run started/ { print; fflush(); next }
  # Arguments may hold line breaks.
  in_case { in_case = !/ (started|passed after .* seconds)\.$/; next }
  /^(◇|✔) Test case / { in_case = !/ (started|passed after .* seconds)\.$/; next }
  /^(◇|✔) Suite / { next }
  /^◇ Test / { running[name($0)] = 1; next }
  /^✔ Test run / { wipe(); tell_skips(); print paint(32, $0); ended = 1; next }
  /^✘ Test run / { wipe(); tell_skips(); print paint(31, $0); ended = failed = 1; next }
  /^✔ Test / {
    delete running[name($0)]
    passed++
    if (terminal) printf "\r%d tests passed", passed
    else if (passed % 50 == 0) print passed " tests passed"
    fflush()
    next
  }
  /^➜ Suite .* skipped: / { next }  # each of its tests says so too
  /^➜ Test .* skipped: / {
    delete running[name($0)]
    line = name($0) $0
    sub(/➜.* skipped/, "", line)
    sub(/^Test /, "", line)
    skip[++skips] = line
    next
  }
  /^✘ Test .* failed after / { delete running[name($0)] }
  { wipe(); print /^✘/ ? paint(31, $0) : $0; fflush() }

  END {
    wipe()
    if (!ended) {
      tell_skips()
      for (test in running) print "without an end: " test
    }
    if (failed || !ended) print "all that was printed: " log_file
  }'
exit "${PIPESTATUS[0]}"
