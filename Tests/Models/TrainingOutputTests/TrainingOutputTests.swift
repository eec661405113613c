// What training writes, read back as the tools read it.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Conversion
import Foundation
import InputOutput
import JSON
import Tensors
import TestSupport
import Testing

@testable import TrainingOutput

@Suite struct TrainingOutputTests {
  let directory: TemporaryDirectory
  var random = RandomTensors()

  init() throws { directory = try TemporaryDirectory() }

  func description(_ model: String, _ projector: ProjectorConfig) throws -> ModelDescription {
    let parts = try ModelDirectory.open(model: model)
    var settings = parts.llavaSettings
    settings.padsToSquare = true
    settings.visionTowerName = "openai/clip-vit-large-patch14-336"
    return ModelDescription(
      language: try parts.languageConfig(), projector: projector, settings: settings,
      record: ["template": .string("plain")])
  }

  @Test(arguments: [(1, ["weight", "bias"]), (2, ["0.weight", "2.bias"]), (3, ["4.weight"])])
  mutating func aProjector(depth: Int, names: [String]) throws {
    let config = ProjectorConfig(depth: depth, inputWidth: 24, outputWidth: 32)
    let trained = try random.projector(config)
    let description = try description("\(golden)/llava-hf", config)
    let path = try directory.filled("stage1") {
      try TrainingOutput.writeProjector(trained, description, into: $0)
    }
    let file = try SafetensorsFile(path: "\(path)/mm_projector.safetensors")
    #expect(file.names.count == 2 * depth)
    for name in names { #expect(file.names.contains("model.mm_projector.\(name)")) }
    let parts = try ModelDirectory.open(model: nil, projector: path)
    let found = try parts.projectorCheckpoint()
    #expect(found.config == config)
    #expect(try found.parameters().floats == trained.floats)
    #expect(parts.llavaSettings.padsToSquare == true && parts.llavaSettings.featureLayer == -2)
    let json = try directory.object("stage1/config.json")
    #expect(json["tune_mm_mlp_adapter"] == .bool(true))
    #expect(json["mm_vision_tower"]?.string == "openai/clip-vit-large-patch14-336")
    #expect(json["llava_tools"]?.object?["template"]?.string == "plain")
    #expect(json["mm_use_im_patch_token"] == .bool(false))
  }

  @Test mutating func anIdentityHasAConfigurationOnly() throws {
    let config = ProjectorConfig(depth: 0, inputWidth: 32, outputWidth: 32)
    let description = try description("\(golden)/llava-hf", config)
    let empty = try random.projector(config)
    let path = try directory.filled("identity") {
      try TrainingOutput.writeProjector(empty, description, into: $0)
    }
    let found = try ModelDirectory.open(model: nil, projector: path).projectorCheckpoint()
    #expect(found.config == config)
  }

  @Test(arguments: AdapterLayout.allCases, [false, true])
  mutating func anAdapter(layout: AdapterLayout, isRankStabilized: Bool) throws {
    let language = try ModelDirectory.open(model: "\(golden)/llava-hf").languageConfig()
    let config = ProjectorConfig(depth: 2, inputWidth: 32, outputWidth: 32)
    let scale = AdapterScale(rank: 3, alpha: 4.5, isRankStabilized: isRankStabilized)
    let adapter = TrainedAdapter(
      parameters: try random.adapter(language, rank: 3), scale: scale, dropout: 0.05,
      baseName: "some/base")
    let projector = try random.projector(config)
    let description = try description("\(golden)/llava-hf", config)
    let path = try directory.filled("stage2") {
      try TrainingOutput.writeAdapter(
        adapter, projector: projector, description, layout: layout, into: $0)
    }
    let found = try AdapterCheckpoint(path)
    #expect(found.scale == scale && found.config.baseName == "some/base" && found.holdsProjector)
    #expect(try found.parameters(for: language).floats == adapter.parameters.floats)
    let parts = try ModelDirectory.open(model: nil, projector: path)
    #expect(parts.llavaSettings.padsToSquare == true)
    let beside = try parts.projectorCheckpoint()
    #expect(try beside.parameters().floats == projector.floats)
    let names = directory.names(in: "stage2")
    #expect(names.contains("non_lora_trainables.safetensors") == (layout == .original))
    #expect(names.contains("config.json") == (layout == .original))
    let json = try directory.object(
      "stage2/\(layout == .peft ? "llava_config.json" : "config.json")")
    #expect(json["llava_tools"]?.object?["template"]?.string == "plain")
    let file = try SafetensorsFile(path: "\(path)/adapter_model.safetensors")
    #expect(file.metadata.map(\.key) == ["format"] && file.metadata[0].value == "pt")
    let wrapped = "base_model.model.model."
    let part = layout == .peft ? "language_model." : ""
    #expect(file.names.contains("\(wrapped)\(part)layers.1.mlp.up_proj.lora_B.weight"))
    #expect(
      file.names.contains("\(wrapped)multi_modal_projector.linear_2.bias") == (layout == .peft))
  }

  /// peft takes target_modules for a regular expression when it is a string.
  @Test mutating func onlyWhatWasAdaptedIsATarget() throws {
    let language = try ModelDirectory.open(model: "\(golden)/llava-original").languageConfig()
    var parameters = try random.adapter(language, rank: 2)
    for index in parameters.layers.indices {
      let layer = parameters.layers[index]
      parameters.layers[index] = .init(query: layer.query, down: layer.down)
    }
    let adapter = TrainedAdapter(
      parameters: parameters, scale: AdapterScale(rank: 2, alpha: 16), dropout: 0, baseName: "b")
    let config = ProjectorConfig(depth: 1, inputWidth: 32, outputWidth: 32)
    let description = try description("\(golden)/llava-original", config)
    _ = try directory.filled("two") {
      try TrainingOutput.writeAdapter(adapter, projector: nil, description, into: $0)
    }
    let settings = try directory.object("two/adapter_config.json")
    #expect(settings["target_modules"]?.string == #".*language_model.*\.(q_proj|down_proj)"#)
    #expect(settings["modules_to_save"] == .null && settings["lora_alpha"] == .int(16))
    #expect(settings["use_rslora"] == nil)
    // llava-hf has no form for a linear projector; LLaVA's own files do.
    let projector = try random.projector(config)
    let output = try AtomicDirectory(path: directory.file("linear"))
    let failure = #expect(throws: Failure.self) {
      try TrainingOutput.writeAdapter(adapter, projector: projector, description, into: output)
    }
    #expect(failure?.code == "training/projector")
    output.discard()
    let path = try directory.filled("linear") {
      try TrainingOutput.writeAdapter(
        adapter, projector: projector, description, layout: .original, into: $0)
    }
    let names = try SafetensorsFile(path: "\(path)/non_lora_trainables.safetensors").names
    #expect(
      names.sorted() == ["bias", "weight"].map { "base_model.model.model.mm_projector.\($0)" })
  }
}

@Suite struct TrainedModelTests {
  let directory: TemporaryDirectory
  var random = RandomTensors()

  init() throws { directory = try TemporaryDirectory() }

  func write(_ trained: ReplacedParts, base: ModelDirectory, to name: String) throws -> String {
    try directory.filled(name) {
      try TrainingOutput.writeModel(
        trained, base: base, name: "base", producer: "tests/1",
        record: ["recipe": .string("mine")], into: $0)
    }
  }

  @Test mutating func aWholeModelHasTheTrainedNumbersRounded() throws {
    let base = try ModelDirectory.open(model: tiny)
    let config = try base.projectorCheckpoint().config
    let language = try random.language(base.languageCheckpoint())
    let projector = try random.projector(config)
    let path = try write(
      ReplacedParts(language: language, projector: (config, projector)), base: base, to: "full")
    let found = try ModelDirectory.open(model: path)
    let rounded = { (values: [String: [Float]]) in
      values.mapValues { $0.map { roundedToBF16($0) } }
    }
    #expect(try found.languageCheckpoint().parameters().floats == rounded(language.floats))
    #expect(try found.projectorCheckpoint().parameters().floats == rounded(projector.floats))
    let comparison = try WeightComparison(tiny, path, parts: [.vision])
    #expect(try comparison.compare(.vision) { _ in }.differences.isEmpty)
    #expect(try directory.object("full/config.json")["llava_tools"] != nil)
    #expect(directory.names(in: "full").contains("tokenizer.model"))
    #expect(try found.tokenizerPath() == path)
  }

  /// A frozen part is the base's own, to the bit; a projector that the base lacks is new.
  @Test mutating func partsThatWereNotTrainedStay() throws {
    let base = try ModelDirectory.open(model: tiny)
    let config = try base.projectorCheckpoint().config
    let projector = try random.projector(config)
    let path = try write(ReplacedParts(projector: (config, projector)), base: base, to: "frozen")
    let comparison = try WeightComparison(tiny, path, parts: [])
    for part in [ModelPart.vision, .language] {
      #expect(try comparison.compare(part) { _ in }.differences.isEmpty)
    }
    #expect(try comparison.compare(.projector) { _ in }.differences.count == 4)
  }

  /// What of the tower was trained is written, and the rest of it is the base's own.
  @Test mutating func aTrainedTowerTakesItsPlace() throws {
    let base = try ModelDirectory.open(model: tiny)
    let checkpoint = try base.visionCheckpoint()
    let shapes = checkpoint.config.expectedParameters(blocks: checkpoint.blocks)
      .prefix(checkpoint.blocks)
    let vision = try shapes.map { try random.tensor($1.shape) }
    let path = try write(ReplacedParts(vision: vision), base: base, to: "seen")
    let found = try ModelDirectory.open(model: path)
    let rounded = vision.floats.mapValues { $0.map { roundedToBF16($0) } }
    #expect(try found.visionCheckpoint().parameters().floats == rounded)
    let comparison = try WeightComparison(tiny, path, parts: [])
    for part in [ModelPart.projector, .language] {
      #expect(try comparison.compare(part) { _ in }.differences.isEmpty)
    }
    let names = try comparison.compare(.vision) { _ in }.differences.map(\.tensor)
    #expect(names.count == vision.named.count && Set(names) == Set(vision.named.map(\.name)))
    // LLaVA's own layout holds a tower where it was tuned.
    var parts = ReplacedParts(vision: vision)
    let width = try base.projectorCheckpoint().config.inputWidth
    let config = ProjectorConfig(
      depth: 1, inputWidth: width, outputWidth: try base.languageConfig().width)
    parts.projector = (config, try random.projector(config))
    let original = try ModelDirectory.open(model: write(parts, base: base, to: "original"))
    #expect(try original.visionCheckpoint().parameters().floats == rounded)
  }

  /// llava-hf has no form for a linear projector: the model is written as LLaVA's own code has it.
  @Test mutating func aLinearProjectorTakesLLaVAsLayout() throws {
    let base = try ModelDirectory.open(model: tiny)
    let width = try base.projectorCheckpoint().config.inputWidth
    let config = ProjectorConfig(
      depth: 1, inputWidth: width, outputWidth: try base.languageConfig().width)
    try TrainingOutput.checkModel(base: base, name: "tiny", projector: config)
    let trained = ReplacedParts(projector: (config, try random.projector(config)))
    let path = try write(trained, base: base, to: "linear")
    let found = try ModelDirectory.open(model: path)
    #expect(try found.projectorCheckpoint().config == config)
    #expect(try directory.object("linear/config.json")["mm_projector_type"]?.string == "linear")
    #expect(
      try WeightComparison(tiny, path, parts: []).compare(.language) { _ in }.differences.isEmpty)
  }

  /// A bare LLaMA, whose head is its embedding, with a tower from elsewhere and a new projector.
  @Test mutating func aBareBaseIsComposed() throws {
    let bare = try directory.bareModel()
    let base = try ModelDirectory.open(model: bare, vision: tiny)
    let width = try base.visionCheckpoint().config.width
    let config = ProjectorConfig(
      depth: 2, inputWidth: width, outputWidth: try base.languageConfig().width)
    try TrainingOutput.checkModel(base: base, name: "bare", projector: config)
    let failure = #expect(throws: Failure.self) {
      try TrainingOutput.checkModel(base: base, name: "bare", projector: nil)
    }
    #expect(failure?.code == "checkpoint/no-part")
    let language = try random.language(base.languageCheckpoint())
    #expect(language.output == nil)
    let trained = ReplacedParts(
      language: language, projector: (config, try random.projector(config)))
    let path = try write(trained, base: base, to: "composed")
    let found = try ModelDirectory.open(model: path)
    #expect(try found.languageConfig().tiesEmbeddings)
    #expect(try !found.languageCheckpoint().hasOwnHead())
    #expect(try found.visionCheckpoint().config == base.visionCheckpoint().config)
    #expect(try found.projectorCheckpoint().config == config)
    let rows = try #require(
      try found.languageCheckpoint().weights.entry("language.embed_tokens.weight"))
    #expect(rows.shape[0] % 64 == 0)
    // Behind the trained rows stand their mean, in the base's type.
    let embedding = try found.languageCheckpoint().parameters().embedding
    #expect(embedding.format == .f32 && embedding.rows == rows.shape[0])
    #expect(embedding.floats.starts(with: language.embedding.floatValues))
  }
}

/// To the nearest, ties to even.
private func roundedToBF16(_ value: Float) -> Float {
  let bits = value.bitPattern
  return Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
}

extension TemporaryDirectory {
  /// The golden tied LLaMA with a tokenizer beside it.
  fileprivate func bareModel() throws -> String {
    try FileManager.default.copyItem(atPath: "\(golden)/llama-tied", toPath: file("bare"))
    try FileManager.default.copyItem(
      atPath: "\(golden)/llava-hf/tokenizer.model", toPath: file("bare/tokenizer.model"))
    return file("bare")
  }

  /// The names in the directory `name` inside, sorted.
  fileprivate func names(in name: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: file(name))) ?? []).sorted()
  }
}
