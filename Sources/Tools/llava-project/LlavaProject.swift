// The llava-project tool: its options and its loop.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CPU
import Checkpoints
import InputOutput
import JSON
import ModelSupport
import Operations
import Projectors
import Records
import Streams
import Tensors
import ToolSupport

@main
struct LlavaProject: ToolProgram {
  static let configuration = CommandConfiguration(
    commandName: "llava-project",
    abstract: "Project image features into the word-embedding space.",
    version: toolVersion("llava-project", libraries: modelLibraries))

  @Argument(
    help: "A tensor stream of image features; stdin where absent or -.", completion: .file())
  var input: String?

  @OptionGroup var models: ModelOptions

  @OptionGroup var products: ActivationOptions

  @OptionGroup var filter: FilterOptions

  @OptionGroup var common: CommonOptions

  func settings() throws(Failure) -> Settings { try filter.settings(common) }

  func run(_ session: Session) throws(Failure) {
    session.endsWithReader()
    let checkpoint = try models.open().projectorCheckpoint()
    session.beforeEnd { () throws(Failure) in try checkpoint.weights.verifyUnchanged() }
    let operations = try models.operations(session, for: checkpoint.weights, products)
    let projector = try catchingMemory { try Projector(checkpoint, operations: operations) }
    let reader = try session.tensorReader(input)
    try checkInput(reader, projector)
    let writer = try session.tensorWriter(try header(checkpoint, reader, session))
    let times = session.times
    times.endStart()
    while let record = try times.measure("input", reader.next) {
      try Interruption.check(reader.name)
      let source = record.record(of: reader.name)
      switch record {
      case .skip(let skip):
        try session.passOn(source, skip.mark, to: writer, metadata: skip.metadata)
      case .data(let data):
        if let mark = SkipMark(of: source.object) {
          try session.passOn(source, mark, to: writer, metadata: data.metadata)
          continue
        }
        guard let features = data["features"], let rows = data["image_rows"] else { continue }
        try times.measure("output") { () throws(Failure) in
          try session.write(source, images: rows.count, to: writer, metadata: data.metadata) {
            () throws(Failure) in
            let shape = [features.shape[0], projector.config.outputWidth]
            try writer.check([
              ("embeddings", models.streamType, shape), ("image_rows", .i32, rows.shape),
            ])
            let embeddings = try times.measure("projector") { () throws(Failure) in
              try project(features, shape, projector, operations)
            }
            return [("embeddings", embeddings), ("image_rows", rows)]
          }
        }
      }
    }
    try writer.finish()
  }

  /// Some images' worth of rows at a time: a record may have as many as its reader allows.
  private func project(
    _ features: Tensor, _ shape: [Int], _ projector: Projector, _ operations: CPUOperations
  ) throws(Failure) -> Tensor {
    try catchingMemory {
      try Tensor(models.streamType, shape: shape, blockRows: 1024) { range in
        let block = try operations.convert(features.rows(range), to: .f32)
        return try operations.convert(projector(block), to: models.streamType)
      }
    }
  }

  private func header(
    _ checkpoint: ProjectorCheckpoint, _ reader: TensorStreamReader, _ session: Session
  ) throws(Failure) -> StreamHeader {
    StreamHeader(
      content: "projected",
      schema: StreamSchema([
        StreamSchema.Field("embeddings", models.streamType, [nil, checkpoint.config.outputWidth]),
        StreamSchema.Field("image_rows", .i32, [nil]),
      ]),
      producer: session.producer, model: try checkpoint.weights.identity(),
      config: JSONValue.object(models.configuration(checkpoint.weights, products)).serializedString,
      input: reader.header.digest,
      metadata: reader.header.metadata.filter { $0.key == StreamHeader.recipeKey })
  }

  /// What to do with a stream of other content.
  private func remedy(for content: String) -> String? {
    switch content {
    case "projected": "it is projected already: pass it to vicuna-decode"
    case "pixels": "run clip-encode without --emit pixels"
    default: nil
    }
  }

  /// The stream must hold features of the width that the projector takes.
  private func checkInput(_ reader: TensorStreamReader, _ projector: Projector) throws(Failure) {
    let schema = reader.header.schema
    guard reader.header.content == "clip-features",
      let field = schema["features"], field.shape.count == 2,
      [.f32, .bf16, .f16].contains(field.elementType),
      schema["image_rows"]?.elementType == .i32
    else {
      throw Failure(
        .mismatch, code: "stream/content", at: reader.name,
        "expected features from clip-encode, found a stream of \(reader.header.shownContent)",
        remedy: remedy(for: reader.header.content))
    }
    guard field.shape[1] == projector.config.inputWidth else {
      throw Failure(
        .mismatch, code: "stream/width", at: reader.name,
        "expected features of width \(projector.config.inputWidth), found"
          + " \(field.shape[1].map { "\($0)" } ?? "any")",
        remedy: "encode with the vision tower that the projector was trained on")
    }
  }
}
