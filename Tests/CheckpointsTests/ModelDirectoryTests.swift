// Whole tiny models in every layout, parts from elsewhere, and parts that do not fit.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

/// How a layout spells the canonical names.
enum NamingForm: String, CaseIterable {
  case llavaHF, transformers4, transformers5, onDisk5, original

  func name(_ canonical: String) -> String {
    let (part, rest) = canonical.splitAtFirstDot
    switch part {
    case "vision": return visionPrefix + Self.clipName(rest)
    case "projector":
      if self == .original { return "model.mm_projector.\(rest)" }
      let (index, leaf) = rest.splitAtFirstDot
      let prefix = self == .llavaHF || self == .onDisk5 ? "" : "model."
      return "\(prefix)multi_modal_projector.linear_\(index == "0" ? 1 : 2).\(leaf)"
    default:
      let isHead = rest.hasPrefix("lm_head")
      switch self {
      case .llavaHF, .onDisk5: return "language_model.\(isHead ? "" : "model.")\(rest)"
      case .transformers4, .transformers5: return isHead ? rest : "model.language_model.\(rest)"
      case .original: return isHead ? rest : "model.\(rest)"
      }
    }
  }

  private var visionPrefix: String {
    switch self {
    case .llavaHF: "vision_tower.vision_model."
    case .transformers4: "model.vision_tower.vision_model."
    case .transformers5: "model.vision_tower."
    case .onDisk5: "vision_tower."
    case .original: "model.vision_tower.vision_tower.vision_model."
    }
  }

  /// CLIP's own spelling after the tower's prefix.
  static func clipName(_ rest: String) -> String {
    switch rest.splitAtFirstDot.0 {
    case "layers": "encoder.\(rest)"
    case "pre_layernorm": "pre_layrnorm.\(rest.splitAtFirstDot.1)"
    case "post_layernorm": rest
    default: "embeddings.\(rest)"
    }
  }
}

extension String {
  fileprivate var splitAtFirstDot: (String, String) {
    guard let dot = firstIndex(of: ".") else { return (self, "") }
    return (String(self[..<dot]), String(self[index(after: dot)...]))
  }
}

struct ModelDirectoryTests {
  private func write(
    config: String, _ tensors: [FixtureTensor], name: (String) -> String,
    to directory: TemporaryDirectory = try! TemporaryDirectory()
  ) throws -> TemporaryDirectory {
    try directory.write(config, to: "config.json")
    let named = tensors.map { FixtureTensor(name: name($0.name), shape: $0.shape, type: $0.type) }
    try directory.write(Fixture.file(named), to: "model.safetensors")
    return directory
  }

  /// The tiny LLaVA in llava-hf's layout after `change` of its tensors.
  private func llava(
    _ form: NamingForm = .llavaHF, config: String = Fixture.llavaJSON,
    change: (inout [FixtureTensor]) -> Void = { _ in }
  ) throws -> TemporaryDirectory {
    var tensors = Fixture.tensors()
    change(&tensors)
    return try write(config: config, tensors, name: form.name)
  }

  private func clip() throws -> TemporaryDirectory {
    let tensors =
      Fixture.tensors().filter { $0.name.hasPrefix("vision.") }
      + [FixtureTensor(name: "text_model.a", shape: [1])]
    let directory = try write(config: Fixture.visionJSON, tensors) { name in
      name.hasPrefix("vision.")
        ? "vision_model." + NamingForm.clipName(String(name.dropFirst(7))) : name
    }
    try directory.write(Fixture.preprocessorJSON, to: "preprocessor_config.json")
    return directory
  }

  @Test(arguments: NamingForm.allCases.filter { $0 != .original })
  func opensEveryNamingForm(form: NamingForm) throws {
    let directory = try llava(form)
    let model = try ModelDirectory.open(model: directory.path)
    let vision = try model.visionCheckpoint()
    #expect(vision.config == Fixture.vision)
    #expect(vision.blocks == 2)
    #expect(vision.rowsPerImage == 4)
    #expect(vision.preprocessor == PreprocessorConfig(shortestEdge: 28, cropSize: 28))
    #expect(try vision.weights.tensor("vision.layers.1.mlp.fc1.weight").shape == [12, 8])
    let projector = try model.projectorCheckpoint()
    #expect(projector.config == ProjectorConfig(depth: 2, inputWidth: 8, outputWidth: 16))
    #expect(projector.weights.canonicalNames.count == 4)
    let language = try model.languageCheckpoint()
    #expect(language.config == Fixture.language)
    #expect(language.outputName == "language.lm_head.weight")
    let keys = try language.weights.tensor("language.layers.1.self_attn.k_proj.weight")
    #expect(keys.shape == [8, 16])
    #expect(keys.elementType == .bf16)
    #expect(model.imageToken == 32)
  }

  @Test func opensTheOriginalLayoutWithASeparateTower() throws {
    let directory = try llava(.original, config: Fixture.originalJSON) {
      $0.removeAll { $0.name.hasPrefix("vision.") }
      $0.append(FixtureTensor(name: "model.image_newline", shape: [16]))
    }
    let alone = try ModelDirectory.open(model: directory.path)
    let failure = try failure { try alone.visionCheckpoint() }
    #expect(failure.message.contains("openai/clip-vit-large-patch14-336"))
    #expect(failure.remedy?.contains("--vision") == true)
    let clip = try clip()
    let model = try ModelDirectory.open(model: directory.path, vision: clip.path)
    let vision = try model.visionCheckpoint()
    #expect(vision.config == Fixture.vision)
    #expect(vision.preprocessor.padsToSquare)
    #expect(try model.projectorCheckpoint().config.depth == 2)
    #expect(try model.languageCheckpoint().config == Fixture.language)
    #expect(model.imageToken == nil)
  }

  @Test func takesATunedTowerFromTheModel() throws {
    let tuned = Fixture.originalJSON.dropLast() + ",\"unfreeze_mm_vision_tower\":true}"
    let directory = try llava(.original, config: String(tuned))
    let clip = try clip()
    let model = try ModelDirectory.open(model: directory.path, vision: clip.path)
    #expect(try model.visionCheckpoint().weights.path.hasPrefix(directory.path))
    let plain = try llava(.original, config: Fixture.originalJSON)
    let other = try ModelDirectory.open(model: plain.path, vision: clip.path)
    #expect(try other.visionCheckpoint().weights.path.hasPrefix(clip.path))
  }

  @Test(arguments: [1, 2, 3]) func infersAProjectorFromItsTensors(depth: Int) throws {
    let directory = try llava()
    let projector = try TemporaryDirectory()
    let tensors = Fixture.tensors(projectorDepth: depth).filter {
      $0.name.hasPrefix("projector.")
    }
    let path = try projector.write(
      Fixture.file(
        tensors.map {
          FixtureTensor(
            name: TensorNames.originalProjectorName($0.name, isLinear: depth == 1),
            shape: $0.shape)
        }), to: "mine.safetensors")
    let model = try ModelDirectory.open(model: directory.path, projector: path)
    #expect(try model.projectorCheckpoint().config.depth == depth)
  }

  @Test func takesEndTokensFromTheGenerationConfig() throws {
    let directory = try llava()
    try directory.write("{\"eos_token_id\":[2,9]}", to: "generation_config.json")
    #expect(try ModelDirectory.open(model: directory.path).languageConfig().endTokens == [2, 9])
    try directory.write("{\"eos_token_id\":\"x\"}", to: "generation_config.json")
    #expect(try failure { try ModelDirectory.open(model: directory.path) }.status == .mismatch)
  }

  @Test func findsTheTokenizer() throws {
    let directory = try llava()
    let model = try ModelDirectory.open(model: directory.path)
    #expect(try failure { try model.tokenizerDirectory() }.code == "checkpoint/no-tokenizer")
    try directory.write([1], to: "tokenizer.model")
    #expect(try model.tokenizerDirectory() == directory.path)
    let language = try llava()
    try language.write([1], to: "tokenizer.json")
    let both = try ModelDirectory.open(model: directory.path, language: language.path)
    #expect(try both.tokenizerDirectory() == language.path)
  }

  @Test func tiedModelsNeedNoHead() throws {
    let tied = Fixture.llavaJSON.replacing("\"image_token", with: "\"tie_word_embeddings\":true,\"image_token")
    let directory = try llava(config: tied) {
      $0.removeAll { $0.name == "language.lm_head.weight" }
    }
    let language = try ModelDirectory.open(model: directory.path).languageCheckpoint()
    #expect(language.outputName == "language.embed_tokens.weight")
  }

  @Test func acceptsPaddedVocabulariesAndUnusedLayersThatAreAbsent() throws {
    let directory = try llava {
      for index in $0.indices where $0[index].shape.first == 40 { $0[index].shape[0] = 64 }
      $0.removeAll {
        $0.name.hasPrefix("vision.layers.2.") || $0.name.hasPrefix("vision.post_layernorm")
      }
    }
    let model = try ModelDirectory.open(model: directory.path)
    #expect(try model.languageCheckpoint().config.vocabulary == 40)
    #expect(try model.visionCheckpoint().blocks == 2)
  }

  @Test func tablesEveryDifference() throws {
    let directory = try llava {
      $0.removeAll {
        $0.name == "language.norm.weight" || $0.name.hasSuffix("mlp.up_proj.weight")
      }
      for index in $0.indices {
        if $0[index].name == "language.layers.1.self_attn.q_proj.weight" {
          $0[index].shape = [16, 15]
        }
        if $0[index].name == "language.embed_tokens.weight" { $0[index].shape = [39, 16] }
        if $0[index].name == "language.layers.0.mlp.down_proj.weight" { $0[index].type = "I8" }
      }
      $0.append(FixtureTensor(name: "language.layers.2.extra", shape: [1]))
    }
    let model = try ModelDirectory.open(model: directory.path)
    let failure = try failure { try model.languageCheckpoint() }
    #expect(failure.status == .mismatch)
    #expect(failure.code == "checkpoint/tensors")
    let lines = failure.message.split(separator: "\n").map {
      $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }
    #expect(
      Set(lines.dropFirst()) == [
        "tensor expected found",
        "language.norm.weight [16] missing",
        "language.layers.0-1.mlp.up_proj.weight [24, 16] missing",
        "language.layers.1.self_attn.q_proj.weight [16, 16] [16, 15]",
        "language.embed_tokens.weight [40, 16] or more rows [39, 16]",
        "language.layers.0.mlp.down_proj.weight F32, F16 or BF16 I8",
        "language.layers.2.extra none [1]",
      ])
    // The other parts are whole.
    #expect(try model.visionCheckpoint().blocks == 2)
    #expect(try model.projectorCheckpoint().config.depth == 2)
  }

  @Test(arguments: [
    ("num_hidden_layers", "1024"), ("intermediate_size", "25"), ("vocab_size", "41"),
    ("num_key_value_heads", "4"), ("head_dim", "8"), ("hidden_size", "32"),
  ])
  func aConfigurationThatLiesIsCaughtByTheTensors(key: String, value: String) throws {
    var object = try Fixture.object(Fixture.llavaJSON)
    var text = try #require(object["text_config"]?.object)
    text[key] = .int(try #require(Int(value)))
    object["text_config"] = .object(text)
    let json = String(
      decoding: JSONValue.object(object).serialized(), as: UTF8.self)
    let directory = try llava(config: json)
    let model = try ModelDirectory.open(model: directory.path)
    let failure = try failure { try model.languageCheckpoint() }
    #expect(failure.status == .mismatch)
    #expect(failure.message.utf8.count < 4000)
  }

  @Test func refusesTwoNamesOfOneTensor() throws {
    let directory = try llava()
    var tensors = Fixture.tensors().map {
      FixtureTensor(name: NamingForm.llavaHF.name($0.name), shape: $0.shape)
    }
    tensors.append(FixtureTensor(name: "lm_head.weight", shape: [40, 16]))
    try directory.write(Fixture.file(tensors), to: "model.safetensors")
    let model = try ModelDirectory.open(model: directory.path)
    let failure = try failure { try model.languageCheckpoint() }
    #expect(failure.status == .invalidInput)
    #expect(failure.code == "checkpoint/ambiguous")
  }

  @Test func refusesAPreprocessorForAnotherSize() throws {
    let directory = try llava()
    try directory.write("{\"size\":336,\"crop_size\":336}", to: "preprocessor_config.json")
    let model = try ModelDirectory.open(model: directory.path)
    #expect(try failure { try model.visionCheckpoint() }.status == .mismatch)
    let nested = try llava()
    try nested.write(
      "{\"image_processor\":\(Fixture.preprocessorJSON)}", to: "processor_config.json")
    let other = try ModelDirectory.open(model: nested.path)
    #expect(try other.visionCheckpoint().preprocessor.cropSize == 28)
  }

  @Test func saysWhichPartIsMissing() throws {
    let nothing = try ModelDirectory.open(model: nil)
    #expect(try failure { try nothing.visionCheckpoint() }.status == .usage)
    #expect(try failure { try nothing.projectorCheckpoint() }.status == .usage)
    #expect(try failure { try nothing.languageCheckpoint() }.status == .usage)
    #expect(try failure { try nothing.tokenizerDirectory() }.status == .usage)
    let clip = try clip()
    let tower = try ModelDirectory.open(model: clip.path)
    #expect(try tower.visionCheckpoint().config == Fixture.vision)
    #expect(try failure { try tower.projectorCheckpoint() }.code == "checkpoint/no-part")
    #expect(try failure { try tower.languageCheckpoint() }.code == "checkpoint/no-part")
    let empty = try TemporaryDirectory()
    #expect(
      try failure { try ModelDirectory.open(model: empty.path) }.code == "checkpoint/no-config")
    #expect(
      try failure { try ModelDirectory.open(model: empty.file("none")) }.code
        == "checkpoint/not-found")
    try empty.write("{\"a\":NaN}", to: "config.json")
    let broken = try failure { try ModelDirectory.open(model: empty.path) }
    #expect(broken.status == .invalidInput)
    #expect(broken.code == "checkpoint/json")
  }

  /// Widths of vision, projector and language model; whether they fit.
  @Test(arguments: [
    (8, 8, 16, 16, true), (8, 8, 16, 32, false), (4, 8, 16, 16, false), (4, 8, 32, 16, false),
  ])
  func comparesNeighbours(vision: Int, input: Int, output: Int, language: Int, fits: Bool) throws {
    var tower = Fixture.vision
    tower.width = vision
    var model = Fixture.language
    model.width = language
    let projector = ProjectorConfig(depth: 2, inputWidth: input, outputWidth: output)
    let check = {
      try ModelDirectory.checkFit(vision: tower, projector: projector, language: model)
    }
    if fits {
      try check()
    } else {
      let failure = try failure(check)
      #expect(failure.status == .mismatch)
      #expect(failure.code == "checkpoint/parts")
    }
  }

  @Test func identityNamesTheContent() throws {
    let shards = try llava(.llavaHF)
    let renamed = try llava(.transformers5)
    let first = try ModelDirectory.open(model: shards.path).projectorCheckpoint().weights.identity()
    let second = try ModelDirectory.open(model: renamed.path).projectorCheckpoint().weights
    #expect(first.hasPrefix("sha256:"))
    #expect(first.utf8.count == 7 + 64)
    #expect(try ModelDirectory.open(model: shards.path).projectorCheckpoint().weights.identity() == first)
    // The fixture's bytes depend on their place in the file, which is the same in both layouts.
    #expect(try second.identity() == first)
    let trained = try llava { $0.insert(FixtureTensor(name: "other", shape: [1]), at: 0) }
    let third = try ModelDirectory.open(model: trained.path).projectorCheckpoint().weights
    #expect(try third.identity() != first)
  }
}
