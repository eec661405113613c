# Makes the table out of lines "OUT/seed-SEED/VARIANT PERCENT", the answers that are right in percent.
# SPDX-License-Identifier: Apache-2.0
#
# Differences are between two models of one seed. The interval is Student's, over seeds.
BEGIN {
  # 97.5% quantiles for 1 to 30 degrees of freedom; beyond, the normal distribution's.
  split("12.706 4.303 3.182 2.776 2.571 2.447 2.365 2.306 2.262 2.228 2.201 2.179 2.160 2.145 2.131 " \
        "2.120 2.110 2.101 2.093 2.086 2.080 2.074 2.069 2.064 2.060 2.056 2.052 2.048 2.045 2.042", t, " ")
  paper["no-stage-1"] = "-5.11"; paper["last-layer"] = "-0.96"; paper["answer-first"] = "-1.15"
  paper["small-language"] = "-1.08"; paper["linear-projector"] = "-0.5 (GQA)"
  paper["conversation-only"] = "-11.3 (LLaVA-Bench)"
}

{
  parts = split($1, path, "/")
  variant = path[parts]; seed = path[parts - 1]
  if (!(variant in known)) { known[variant] = 1; variants[++count] = variant }
  if (!(seed in counted)) { counted[seed] = 1; seeds[++runs] = seed }
  right[variant, seed] = $2
  lines++
}

# Sets mean and deviation of values[1...runs]; the deviation is that of a sample.
function measure(values,   i, sum, squares) {
  for (i = 1; i <= runs; i++) sum += values[i]
  mean = sum / runs
  for (i = 1; i <= runs; i++) squares += (values[i] - mean) ^ 2
  deviation = runs > 1 ? sqrt(squares / (runs - 1)) : 0
}

END {
  if (runs != expected || lines != runs * count) {
    print "table.awk: expected a score of every variant for each of " expected " seeds" > "/dev/stderr"
    exit 1
  }
  print "| variant | right, % | difference, points | 95% interval | worse, better | paper |"
  print "|---|---|---|---|---|---|"
  for (v = 1; v <= count; v++) {
    worse = better = 0
    for (s = 1; s <= runs; s++) {
      own[s] = right[variants[v], seeds[s]]
      gap[s] = own[s] - right["baseline", seeds[s]]
      if (gap[s] < -1e-9) worse++
      if (gap[s] > 1e-9) better++
    }
    measure(own)
    line = sprintf("| %s | %.2f ± %.2f |", variants[v], mean, deviation)
    if (variants[v] == "baseline") { print line " | | | |"; continue }
    measure(gap)
    half = runs > 1 ? (runs > 31 ? 1.96 : t[runs - 1]) * deviation / sqrt(runs) : 0
    interval = runs > 1 ? sprintf("%+.2f to %+.2f", mean - half, mean + half) : "one seed"
    printf "%s %+.2f ± %.2f | %s | %d, %d | %s |\n", line, mean, deviation, interval, worse, better,
      paper[variants[v]]
  }
}
