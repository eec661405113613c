// GGUF files as a source of a model: configurations, names, the order of rows, and what is refused.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import GGUFWriting
import InputOutput
import Preprocessing
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct GGUFModelTests {
  private let directory: TemporaryDirectory
  private static let source = GGUFModelFixture.source

  init() throws { directory = try TemporaryDirectory() }

  private func write(
    language: (inout GGUFWriter) -> Void = { _ in },
    projector: (inout GGUFWriter) -> Void = { _ in }, _ tower: GGUFConversion.Tower = .init()
  ) throws {
    try GGUFModelFixture.write(to: directory, language: language, projector: projector, tower)
  }

  private func open() throws -> ModelDirectory { try ModelDirectory.open(model: directory.path) }

  @Test func settingsAreThoseOfTheModel() throws {
    try write()
    let model = try open()
    let original = try ModelDirectory.open(model: Self.source)
    var wanted = try original.languageConfig()
    // A file has epsilons in 32 bits.
    wanted.epsilon = Double(Float(wanted.epsilon))
    #expect(try model.languageConfig() == wanted)
    let (vision, own) = (try model.visionCheckpoint(), try original.visionCheckpoint())
    #expect(vision.config.width == own.config.width)
    #expect(vision.config.layers == own.config.layers - 1)
    #expect(vision.blocks == own.blocks)
    #expect(vision.preprocessor.aspect == .pad)
    #expect(vision.preprocessor.mean.map { Float($0) } == own.preprocessor.mean.map { Float($0) })
    #expect(try model.projectorCheckpoint().config == original.projectorCheckpoint().config)
    #expect(try model.tokenizerPath() == directory.file("model.gguf"))
  }

  /// Every weight decodes to the original's values, whatever the file's order of rows.
  @Test(arguments: [false, true]) func weightsAreThoseOfTheModel(isOld: Bool) throws {
    try write(.init(kind: .f32, swapsMLP: isOld, isWhole: !isOld))
    let model = try open()
    let original = try Checkpoint.parts(at: Self.source)
    let parts = try Checkpoint.parts(at: directory.path)
    for part in ModelPart.allCases {
      let (found, wanted) = (try #require(parts[part]), try #require(original[part]))
      #expect(!found.isEmpty)
      for name in found.canonicalNames {
        let (a, b) = (try found.tensor(name).widened(), try wanted.tensor(name).widened())
        let rounded = part == .language && a.shape.count > 1
        let expected = rounded ? b.floatValues.map { Float(Float16($0)) } : b.floatValues
        #expect(a.floatValues == expected, "\(name)")
        let weight = try found.weight(name)
        #expect(try weight.decoded().floatValues == expected, "\(name)")
        #expect(
          (weight.rowOrder != nil) == (name.contains("q_proj.w") || name.contains("k_proj.w"))
            || part == .vision)
      }
    }
    #expect(
      try model.visionCheckpoint().blocks == model.visionCheckpoint().weights.canonicalNames
        .filter { $0.hasSuffix("layer_norm1.weight") }.count - (isOld ? 0 : 1))
    // Read again the files are the same, and named so.
    #expect(
      try parts[.language]?.identity()
        == Checkpoint.parts(at: directory.path)[.language]?
        .identity())
  }

  /// What is changed in the language model's file, the code, and a word of the refusal.
  static let language:
    [(name: String, code: String, word: String, change: GGUFModelFixture.Change)] = [
      ("qwen2", "family", "qwen2", { $0["general.architecture"] = .text("qwen2") }),
      ("no architecture", "family", "none", { $0["general.architecture"] = nil }),
      ("an adapter", "family", "adapter", { $0["general.type"] = .text("adapter") }),
      (
        "no width", "config", "llama.embedding_length is missing",
        {
          $0["llama.embedding_length"] = nil
        }
      ),
      (
        "no epsilon", "config", "layer_norm_rms_epsilon is missing",
        {
          $0["llama.attention.layer_norm_rms_epsilon"] = nil
        }
      ),
      (
        "no context", "config", "context_length is missing",
        {
          $0["llama.context_length"] = nil
        }
      ),
      (
        "layers beyond all numbers", "config", "block_count must be an integer",
        {
          $0["llama.block_count"] = GGUFField(type: 10, bytes: GGUFField.number(UInt64.max))
        }
      ),
      ("no heads", "config", "head_count must be", { $0["llama.attention.head_count"] = .u32(0) }),
      (
        "a width as a text", "config", "embedding_length must be",
        {
          $0["llama.embedding_length"] = .text("64")
        }
      ),
      ("a head of 3", "config", "odd", { $0["llama.attention.key_length"] = .u32(3) }),
      (
        "half a head rotated", "config", "rope.dimension_count",
        {
          $0["llama.rope.dimension_count"] = .u32(2)
        }
      ),
      ("experts", "config", "expert_count 8", { $0["llama.expert_count"] = .u32(8) }),
      (
        "a window", "config", "sliding_window 16",
        {
          $0["llama.attention.sliding_window"] = .u32(16)
        }
      ),
      ("another scaling", "config", "yarn", { $0["llama.rope.scaling.type"] = .text("yarn") }),
      (
        "a base of infinity", "config", "freq_base",
        {
          $0["llama.rope.freq_base"] = .f32(.infinity)
        }
      ),
      (
        "an epsilon of nothing", "config", "epsilon",
        {
          $0["llama.attention.layer_norm_rms_epsilon"] = .f32(.nan)
        }
      ),
      (
        "keys of each layer", "config", "head_count_kv must be",
        {
          $0["llama.attention.head_count_kv"] = .integers([1, 2])
        }
      ),
      (
        "a begin beyond the end", "config", "bos_token_id",
        {
          $0["tokenizer.ggml.bos_token_id"] = .u32(1 << 20)
        }
      ),
      (
        "an end beyond the end", "config", "eos_token_id",
        {
          $0["tokenizer.ggml.eos_token_id"] = .u32(1 << 20)
        }
      ),
      (
        "scaled positions", "family", "Llama 3",
        {
          $0.tensors.append(GGUFEntry("rope_freqs.weight", shape: [1], bytes: [0, 0, 0, 0x41]))
        }
      ),
      (
        "biases", "tensors", "self_attn.q_proj.bias",
        {
          $0.tensors.append(GGUFEntry("blk.0.attn_q.bias", shape: [1], bytes: [0, 0, 0, 0]))
        }
      ),
      ("a layer more", "tensors", "missing", { $0["llama.block_count"] = .u32(9) }),
      (
        "a tensor missing", "tensors", "language.norm.weight",
        { writer in
          writer.tensors.removeAll { $0.name == "output_norm.weight" }
        }
      ),
    ]

  @Test(arguments: language.indices) func languageModelsAreChecked(row: Int) throws {
    let lie = Self.language[row]
    try write(language: lie.change)
    let failure = try failure { _ = try self.open().languageCheckpoint() }
    #expect(failure.code == "checkpoint/\(lie.code)", "\(lie.name): \(failure)")
    #expect(failure.remedy != nil, "\(lie.name): \(failure)")
    #expect(failure.message.contains(lie.word), "\(lie.name): \(failure)")
  }

  /// -2 of a configuration beside the whole tower is the end of a tower that lacks its last block.
  @Test func layersAreNotCountedFromTheEndOfACutTower() throws {
    try write()
    let blocks = try open().visionCheckpoint().blocks
    let whole = try ModelDirectory.open(model: Self.source)
    #expect(try whole.visionCheckpoint().blocks == blocks)
    #expect(try open().settings.featureLayer == blocks)
    let mmproj = directory.file("mmproj-model-f16.gguf")
    for mixed in [
      try ModelDirectory.open(model: Self.source, vision: mmproj),
      try ModelDirectory.open(model: directory.path, projector: Self.source),
      try ModelDirectory.open(model: nil, vision: mmproj, projector: Self.source),
      try ModelDirectory.open(model: nil, vision: Self.source, projector: mmproj),
    ] {
      #expect(try mixed.visionCheckpoint().blocks == blocks)
      // What a conversion writes down is the same layer.
      let config = try mixed.visionCheckpoint().config
      #expect(config.blocks(forFeature: mixed.settings.featureLayer) == blocks)
    }
  }

  @Test func otherLayersFromTheEndOfACutTowerAreRefused() throws {
    try write()
    let config = String(
      decoding: try readWholeFile("\(Self.source)/config.json", limit: 1 << 20), as: UTF8.self)
    let other = config.replacingOccurrences(
      of: #""vision_feature_layer": -2"#, with: #""vision_feature_layer": -1"#)
    #expect(other != config)
    let projector = try TemporaryDirectory()
    try projector.write(other, to: "config.json")
    try projector.write(
      readWholeFile("\(Self.source)/model.safetensors", limit: 1 << 20), to: "model.safetensors")
    let model = try ModelDirectory.open(model: directory.path, projector: projector.path)
    let failure = try failure { _ = try model.visionCheckpoint() }
    #expect(failure.code == "checkpoint/parts")
    #expect(failure.message.contains("layer -1"))
    #expect(try model.visionCheckpoint(featureLayer: 1).blocks == 1)
  }

  @Test func featureLayersAreObeyed() throws {
    try write(
      projector: { $0["clip.vision.feature_layer"] = .integers([1]) }, .init(isWhole: true))
    #expect(try open().visionCheckpoint().blocks == 1)
  }

  @Test func aFeatureLayerThatIsNotThereIsNamed() throws {
    try write(projector: { $0["clip.vision.feature_layer"] = .integers([40]) })
    let failure = try failure { _ = try self.open() }
    #expect(failure.message.contains("not [40]"), "\(failure)")
    #expect(failure.remedy != nil)
  }

  @Test func aVocabularyIsNeeded() throws {
    try write(language: { $0["tokenizer.ggml.tokens"] = nil })
    let failure = try failure { _ = try self.open().tokenizerPath() }
    #expect(failure.code == "checkpoint/no-tokenizer")
    #expect(failure.message.contains("tokenizer.ggml.tokens"))
  }

  @Test func frequenciesOfOneAskForNothing() throws {
    try write(language: {
      $0.tensors.append(
        GGUFEntry("rope_freqs.weight", shape: [2], bytes: [0, 0, 0x80, 0x3f, 0, 0, 0x80, 0x3f]))
    })
    #expect(try !open().languageCheckpoint().weights.isEmpty)
  }

  @Test func aDirectoryHasOneOfEach() throws {
    try write()
    try directory.write(directory.read("model.gguf"), to: "model-Q4.gguf")
    let failure = try failure { _ = try self.open() }
    #expect(failure.code == "checkpoint/several")
    #expect(failure.message.contains("model-Q4.gguf, model.gguf"))
    // Named, a file is enough, with the projector beside it.
    let named = try ModelDirectory.open(model: directory.file("model-Q4.gguf"))
    #expect(try named.projectorCheckpoint().config.depth == 2)
    let alone = try ModelDirectory.open(model: directory.file("mmproj-model-f16.gguf"))
    #expect(try alone.visionCheckpoint().blocks > 0)
    #expect(throws: Failure.self) { try alone.languageCheckpoint() }
  }

  /// Other weights in the directory go before: GGUF files are often put beside them.
  @Test func otherWeightsGoBefore() throws {
    try write()
    try directory.write(
      readWholeFile("\(Self.source)/model.safetensors", limit: 1 << 20), to: "model.safetensors")
    try directory.write(
      readWholeFile("\(Self.source)/config.json", limit: 1 << 20), to: "config.json")
    #expect(try open().languageCheckpoint().weights.path.hasSuffix("model.safetensors"))
  }
}
