// The settings of vicuna-decode from its options: the adapter, sampling, the text on the screen.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Generation
import InputOutput
import JSON
import ToolSupport

extension VicunaDecode {
  /// The adapter of --lora; nil without that.
  func openAdapter(_ session: Session) throws(Failure) -> AdapterCheckpoint? {
    guard let lora else { return nil }
    let adapter = try AdapterCheckpoint(lora)
    session.beforeEnd { () throws(Failure) in try adapter.weights.verifyUnchanged() }
    return adapter
  }

  /// Of the weights that answers depend on.
  func identity(_ checkpoint: LanguageCheckpoint, _ adapter: AdapterCheckpoint?) throws(Failure)
    -> String
  {
    let base = try checkpoint.weights.identity()
    return try adapter?.identity(on: base) ?? base
  }

  /// What changes the numbers, for the header of a stream.
  func configuration(_ checkpoint: LanguageCheckpoint) -> JSONObject {
    var object = models.configuration(checkpoint.weights, products)
    if caches.format != .bf16 { object["kv"] = .string(caches.format.rawValue) }
    return object
  }

  func options() -> GenerationOptions {
    var options = GenerationOptions()
    options.temperature = temperature
    options.topK = topK
    options.topP = topP
    options.repetitionPenalty = repetitionPenalty
    options.seed = seed
    options.maxTokens = maxTokens
    options.stops = stop
    return options
  }

  /// Text as it comes goes to stderr: stdout is for records.
  func show(_ generator: Generator) {
    let screen = FileSink(descriptor: 2, name: "stderr")
    var isInLine = false
    generator.show = { _, text in
      isInLine = true
      try? screen.write(
        text.split(atByte: UInt8(ascii: "\n")).map(escapedForTerminal).joined(separator: "\n"))
    }
    // A record that is skipped before its first word has no line to end.
    generator.ended = { _ in
      if isInLine { try? screen.write("\n") }
      isInLine = false
    }
  }
}
