// llava-weights convert: writes a model in another layout.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Checkpoints
import Conversion
import InputOutput
import Tensors
import ToolSupport

struct Convert: ToolProgram {
  static let toolName = LlavaWeights.name

  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Write a model in another layout.",
    discussion: """
      The directory OUT appears when it is complete: weights, configurations and tokenizer, as \
      transformers (llava-hf) or LLaVA's own code (llava) load them.
      """)

  @Argument(
    help: ArgumentHelp(
      "The model's directory, or its name in the hub's cache.", valueName: "model"),
    completion: .directory)
  var model: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The directory to write, new or empty.", valueName: "dir"),
    completion: .directory)
  var output: String

  @Option(help: ArgumentHelp("The layout to write: llava-hf or llava.", valueName: "layout"))
  var layout = TargetLayout.huggingFace

  @Option(
    help: ArgumentHelp("Convert all weights to f16, bf16 or f32; default: keep their types."))
  var type: WeightType?

  @Option(help: ArgumentHelp("Largest shard: bytes of weights in one file.", valueName: "size"))
  var shardSize = Size(4 << 30)

  @OptionGroup var parts: PartOptions

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
    let directory = try ModelDirectory.open(
      model: model, vision: parts.vision, projector: parts.projector, language: parts.language)
    let source = try ConversionSource(directory, name: model, layout: layout)
    let conversion = try ModelConversion(
      source,
      ConversionOptions(
        layout: layout, elementType: type?.elementType, shardBytes: shardSize.count,
        producer: session.producer))
    let warnings = try conversion.warnings()
    var done = 0
    try conversion.write(
      to: output, willWrite: { warnings.forEach(session.reporter.warning) },
      progress: { bytes in
        done += bytes
        session.showProgress(bytes: done, of: conversion.byteCount)
      })
    guard messages.verbose else { return }
    session.reporter.note(
      "\(counted(conversion.tensorCount, "tensor")), \(counted(conversion.byteCount, "byte")) in"
        + " \(counted(conversion.fileCount, "file"))")
  }
}

extension TargetLayout: ExpressibleByArgument {}

/// The types that weights may be converted to, as the option names them.
enum WeightType: String, ExpressibleByArgument, CaseIterable {
  case f16
  case bf16
  case f32

  var elementType: ElementType {
    switch self {
    case .f16: .f16
    case .bf16: .bf16
    case .f32: .f32
    }
  }
}
