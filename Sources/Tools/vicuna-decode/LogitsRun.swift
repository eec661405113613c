// vicuna-decode --emit logits: what the model makes of each prompt, as a tensor stream.
// SPDX-License-Identifier: Apache-2.0
import Decoders
import Generation
import InputOutput
import JSON
import ModelSupport
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
  let precision: String

  func run() throws(Failure) {
    let schema = StreamSchema([StreamSchema.Field("logits", .f32, [nil, vocabulary])])
    let writer = try session.tensorWriter(
      StreamHeader(
        content: "logits", schema: schema, producer: session.producer, model: model,
        config: #"{"precision":"\#(precision)"}"#, input: records.input))
    while case .element(let record) = try records.queue.next(waits: true) {
      switch record {
      case .passOn(let id, let object, let code, let message):
        try session.skipPassedOn(code: code, message: message, id: id)
        try writer.skip(id: id, json: object, code: code, message: message)
      case .broken(let id, let object, let failure):
        try skip(id, object, failure, writer)
      case .ask(let id, let object, let images):
        do throws(Failure) {
          let prompt = try prompts.prompt(of: object, images: images)
          let logits = try generator.logits(of: prompt)
          try writer.write(id: id, json: object, tensors: [("logits", logits)])
          session.recordDone()
        } catch {
          guard error.code != "io/write" else { throw error }
          try skip(id, object, error, writer)
        }
      }
    }
    try writer.finish()
  }

  private func skip(
    _ id: String, _ object: JSONObject, _ failure: Failure, _ writer: TensorStreamWriter
  ) throws(Failure) {
    try session.recordSkipped(failure.place == nil ? failure.at("id=\(id)") : failure)
    try writer.skip(id: id, json: object, code: failure.code, message: failure.message)
  }
}
