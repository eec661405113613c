// llava-weights init: writes a new model with random weights.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Checkpoints
import Initialisation
import InputOutput
import Tokenizers
import ToolSupport

struct Init: ToolProgram {
  static let toolName = LlavaWeights.name

  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Write a new model with random weights, to train from scratch.",
    discussion: """
      The model has the shapes in SHAPES/config.json, with the tokeniser and the other small files \
      beside it; weights there are ignored. With --vision the tower is copied from a checkpoint.
      """)

  @Argument(
    help: ArgumentHelp("A directory whose config.json describes the model.", valueName: "shapes"),
    completion: .directory)
  var shapes: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The directory to write, new or empty.", valueName: "dir"),
    completion: .directory)
  var output: String

  @Option(help: ArgumentHelp("Seed of the random numbers.", valueName: "number"))
  var seed: UInt64 = 0

  @Option(help: "Type of the weights: f16, bf16 or f32; default: the type in config.json.")
  var type: WeightType?

  @Option(
    help: ArgumentHelp("Take the vision tower from this path.", valueName: "path"),
    completion: .file())
  var vision: String?

  @OptionGroup var messages: MessageOptions

  func validate() throws {
    if output == "-" { throw ValidationError("--output is a directory and cannot be stdout") }
  }

  func settings() throws(Failure) -> Settings {
    var settings = messages.settings()
    settings.output = output
    return settings
  }

  func run(_ session: Session) throws(Failure) {
    var tower: VisionCheckpoint?
    if let vision { tower = try ModelDirectory.open(model: nil, vision: vision).visionCheckpoint() }
    let shapes = try ModelShapes(shapes)
    try checkTokenizer(beside: shapes)
    let model = try FreshModel(shapes, tower: tower, seed: seed, elementType: type?.elementType)
    session.reporter.note(
      "\(counted(model.tensorCount, "tensor")), \(memorySize(model.byteCount)) to write")
    var done = 0
    try model.write(to: output, producer: session.producer) { bytes in
      done += bytes
      session.showProgress(bytes: done, of: model.byteCount)
    }
  }

  /// Throws `init/vocabulary` for a tokeniser with ids that the embedding would have no row for.
  private func checkTokenizer(beside shapes: ModelShapes) throws(Failure) {
    guard let language = shapes.config.language, try shapes.holdsTokenizer() else { return }
    let ids = try Tokenizer.load(directory: shapes.directory).vocabularySize
    guard ids > language.vocabulary else { return }
    throw Failure(
      .mismatch, code: "init/vocabulary", at: "\(shapes.directory)/config.json",
      "expected a vocab_size for the \(grouped(ids)) ids of the tokenizer beside it, found"
        + " \(grouped(language.vocabulary))",
      remedy: "raise vocab_size in text_config, or copy another tokenizer")
  }
}
