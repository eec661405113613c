// How answers are delivered: whole or in parts, in the order of records or as they finish.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

struct DeliveryOptions: ParsableArguments {
  @Flag(
    name: .customLong("stream"),
    help: "Show each answer on stderr as it is generated, one record at a time.")
  var showsText = false

  @Flag(help: "Write the text of each answer in parts as it is generated, before its record.")
  var deltas = false

  @Flag(help: "Write answers in the order in which they finish.")
  var unordered = false

  /// Throws the fault of what has no parts or no order, as only records of answers say whose they are,
  /// and of an output that stays empty.
  func check(_ answers: AnswerOptions, emit: VicunaDecode.Emission, output: String?) throws {
    func refuse(_ one: String, _ other: String, if holds: Bool) throws {
      if holds { throw ValidationError("\(one) and \(other) exclude each other") }
    }
    for (flag, isSet) in [("--deltas", deltas), ("--unordered", unordered)] where isSet {
      try refuse(flag, "--emit \(emit.rawValue)", if: emit != .text)
      try refuse(flag, "--format \(answers.format.rawValue)", if: answers.format != .jsonl)
    }
    try refuse("--format sidecar", "-o", if: answers.format == .sidecar && output != nil)
    try refuse("--stream", "--emit \(emit.rawValue)", if: showsText && emit != .text)
    try refuse("--deltas", "--stream", if: deltas && showsText)
    try refuse("--deltas", "-z", if: deltas && answers.compress)
  }
}
