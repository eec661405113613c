// vicuna-decode --emit importance: the importance matrix of the model over all prompts.
// SPDX-License-Identifier: Apache-2.0
import Decoders
import Generation
import InputOutput
import JSON
import Records
import Streams
import Tensors
import ToolSupport

/// Writes one record at the end: for each matrix, by its canonical name, the mean square of each column
/// of its input, F32 [columns]. Prompts that cannot be read become skip records before it.
struct ImportanceRun {
  let session: Session
  let records: PromptSource
  let prompts: PromptReader
  let generator: Generator
  let language: LanguageModel
  let model: String
  /// What changes the numbers, for the stream's header.
  let configuration: JSONObject

  private typealias Matrix = (name: String, input: DecoderInput)

  func run() throws(Failure) {
    let matrices = language.inputs.named.compactMap { name, input in
      input.map { (name: name, input: $0) }
    }
    let writer = try session.tensorWriter(try header(matrices))
    var squares = InputSquares()
    var count = 0
    while case .element(let record) = try records.queue.next(waits: true) {
      switch record {
      case .passOn(let record, let mark): try session.passOn(record, mark, to: writer)
      case .broken(let record, let failure): try session.skip(record, failure, to: writer)
      case .ask(let record, let images):
        do throws(Failure) {
          squares += try generator.inputSquares(
            of: prompts.prompt(of: record.object, images: images))
        } catch {
          try session.skip(record, error, to: writer)
          continue
        }
        count += 1
        session.recordDone(images: images.count)
      }
    }
    if count > 0 { try write(matrices, squares, records: count, to: writer) }
    try writer.finish()
  }

  private func header(_ matrices: [Matrix]) throws(Failure) -> StreamHeader {
    guard matrices.count <= largestTensorCount else {
      throw Failure(
        .mismatch, code: "importance/tensors",
        "expected at most \(largestTensorCount) matrices, which a record holds, found"
          + " \(matrices.count)")
    }
    let fields = matrices.map { name, input in
      StreamSchema.Field(name, .f32, [language.columns(of: input)])
    }
    return StreamHeader(
      content: "importance", schema: StreamSchema(fields), producer: session.producer, model: model,
      config: JSONValue.object(configuration).serializedString, input: records.input)
  }

  private func write(
    _ matrices: [Matrix], _ squares: InputSquares, records: Int, to writer: TensorStreamWriter
  ) throws(Failure) {
    var tensors: [(name: String, tensor: Tensor)] = []
    do {
      for (name, input) in matrices {
        guard let means = squares.means(of: input) else {
          preconditionFailure("\(name) had no input")
        }
        tensors.append((name, try Tensor(means, shape: [means.count])))
      }
    } catch {
      throw .outOfMemory(error.byteCount)
    }
    try writer.write(
      id: "importance", json: ["positions": .int(squares.positions), "records": .int(records)],
      tensors: tensors)
  }
}
