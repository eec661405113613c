// vicuna-decode --emit logits: the logits of each prompt, as a tensor stream.
// SPDX-License-Identifier: Apache-2.0
import Decoders
import Generation
import InputOutput
import JSON
import Records
import Streams
import Tensors
import ToolSupport

/// Writes logits F32 [length, vocabulary] of every position of every prompt.
struct LogitsRun {
  let session: Session
  let records: PromptSource
  let prompts: PromptReader
  let generator: Generator
  let vocabulary: Int
  let model: String
  /// What changes the numbers, for the stream's header.
  let configuration: JSONObject

  func run() throws(Failure) {
    let schema = StreamSchema([StreamSchema.Field("logits", .f32, [nil, vocabulary])])
    let writer = try session.tensorWriter(
      StreamHeader(
        content: "logits", schema: schema, producer: session.producer, model: model,
        config: JSONValue.object(configuration).serializedString, input: records.input))
    while case .element(let record) = try records.queue.next(waits: true) {
      switch record {
      case .passOn(let record, let mark): try session.passOn(record, mark, to: writer)
      case .broken(let record, let failure): try session.skip(record, failure, to: writer)
      case .ask(let record, let images):
        // Nothing is chosen from these: who looks at them may look for NaN.
        try session.write(record, images: images.count, to: writer, takesAnyNumber: true) {
          () throws(Failure) in
          let prompt = try prompts.prompt(of: record.object, images: images)
          try generator.checkRoom(for: prompt)
          try writer.check([("logits", .f32, [prompt.length, vocabulary])])
          return [("logits", try generator.logits(of: prompt))]
        }
      }
    }
    try writer.finish()
  }
}
