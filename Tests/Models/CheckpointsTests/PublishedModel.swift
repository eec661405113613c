// The directories of published models, of real size and without room on the disk.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

/// The model repositories that people fetch; each value writes one.
struct PublishedModel: Sendable, CustomTestStringConvertible {
  let name: String
  let config: String
  /// Beside the weights: names and texts.
  var files: [String: String] = [:]
  let tensors: @Sendable () -> [PublishedTensor]
  let format: PublishedFiles.Format
  /// The most bytes of a shard.
  var limit = 10_000_000_000
  /// A projector's file beside the weights, or alone where `tensors` gives none.
  var projector: (@Sendable () -> [PublishedTensor])?

  var testDescription: String { name }

  /// The names of the weights' files, ascending.
  @discardableResult
  func write(to directory: String) throws -> [String] {
    let place = TextFiles(directory)
    try place.write(config, to: "config.json")
    for (name, text) in files { try place.write(text, to: name) }
    let all = tensors()
    if let projector {
      try PublishedFiles.write(file: projector(), .pyTorch, to: "\(directory)/mm_projector.bin")
    }
    return all.isEmpty
      ? [] : try PublishedFiles.write(all, format, limit: limit, to: directory)
  }

  /// A directory of its own.
  func directory() throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory()
    try write(to: directory.path)
    return directory
  }
}

extension PublishedModel {
  /// liuhaotian/llava-v1.5-7b and -13b.
  static let llava7B = llava15("7b", .of7B, heads: 32)
  static let llava13B = llava15("13b", .of13B, heads: 40)

  private static func llava15(_ size: String, _ shape: PublishedTensors.Llama, heads: Int)
    -> PublishedModel
  {
    let projector = { @Sendable () -> [PublishedTensor] in
      PublishedTensors.projector(
        width: shape.width, ["model.mm_projector.0.", "model.mm_projector.2."])
    }
    return PublishedModel(
      name: "liuhaotian/llava-v1.5-\(size)",
      config: PublishedConfigs.object(
        PublishedConfigs.llava15, PublishedConfigs.llama(shape, heads: heads)),
      files: tokenizer.merging(["generation_config.json": PublishedConfigs.generation]) { $1 },
      tensors: {
        let language = PublishedTensors.llama(shape)
        return language.body + projector() + [language.head]
      }, format: .pyTorch, projector: projector)
  }

  /// llava-hf/llava-1.5-7b-hf and -13b-hf, in each form that the names have had.
  static func llavaHF7B(_ names: Names = .onDisk) -> PublishedModel {
    llavaHF("7b", .of7B, config: PublishedConfigs.huggingFace(), names)
  }

  static let llavaHF13B = llavaHF(
    "13b", .of13B, config: PublishedConfigs.huggingFace(decoder: PublishedConfigs.decoder13B),
    .onDisk)

  /// How transformers has named the tensors of a LLaVA.
  enum Names: CaseIterable {
    case onDisk, transformers4, transformers5

    var vision: String {
      switch self {
      case .onDisk: "vision_tower.vision_model."
      case .transformers4: "model.vision_tower.vision_model."
      case .transformers5: "model.vision_tower."
      }
    }
    var projector: String { self == .onDisk ? "" : "model." }
    var language: (body: String, head: String) {
      self == .onDisk
        ? ("language_model.model.", "language_model.lm_head")
        : ("model.language_model.", "lm_head")
    }
  }

  private static func llavaHF(
    _ size: String, _ shape: PublishedTensors.Llama, config: String, _ names: Names
  ) -> PublishedModel {
    var shape = shape
    shape.rows = 32064
    return PublishedModel(
      name: "llava-hf/llava-1.5-\(size)-hf", config: config,
      files: tokenizer.merging([
        "preprocessor_config.json": PublishedConfigs.newPreprocessor,
        "processor_config.json": #"{"image_token":"<image>","patch_size":14}"#,
      ]) { $1 },
      tensors: { [shape] in
        let language = PublishedTensors.llama(
          shape, prefix: names.language.body, head: names.language.head)
        let projector = ["linear_1.", "linear_2."].map {
          "\(names.projector)multi_modal_projector.\($0)"
        }
        return PublishedTensors.vision(.f16, prefix: names.vision)
          + PublishedTensors.projector(width: shape.width, projector) + language.body
          + [language.head]
      }, format: .safetensors, limit: 5_000_000_000)
  }

  /// lmsys/vicuna-7b-v1.5.
  static let vicuna = PublishedModel(
    name: "lmsys/vicuna-7b-v1.5",
    config: PublishedConfigs.object(
      PublishedConfigs.vicuna, PublishedConfigs.llama(.of7B, heads: 32)),
    files: tokenizer.merging(["generation_config.json": PublishedConfigs.generation]) { $1 },
    tensors: {
      let language = PublishedTensors.llama(.of7B, holdsFrequencies: true)
      return language.body + [language.head]
    }, format: .pyTorch)

  /// openai/clip-vit-large-patch14-336, and the one of 224 pixels.
  static let clip336 = clip("openai/clip-vit-large-patch14-336", side: 336)
  static let clip224 = clip("openai/clip-vit-large-patch14", side: 224)

  private static func clip(_ name: String, side: Int) -> PublishedModel {
    PublishedModel(
      name: name, config: PublishedConfigs.clip(side: side),
      files: ["preprocessor_config.json": PublishedConfigs.preprocessor(side: side)],
      tensors: { PublishedTensors.clip(side: side) }, format: .pyTorch)
  }

  /// Its contents do not matter to whoever opens weights.
  static let tokenizer = ["tokenizer.model": "placeholder", "tokenizer_config.json": "{}"]
}

/// Texts in a directory.
struct TextFiles {
  let directory: String

  init(_ directory: String) { self.directory = directory }

  func write(_ text: String, to name: String) throws {
    var file = SparseFile()
    file.append(Array(text.utf8))
    try file.write(to: "\(directory)/\(name)")
  }
}
