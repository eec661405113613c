// Adapters on disk: in each layout, checked against the language model, projector inside or beside.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import InputOutput
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

/// A tiny adapter of `Fixture.language`: rank 2 on `modules` in every layer.
struct AdapterFixture {
  var config = """
    {"peft_type":"LORA","r":2,"lora_alpha":6,"base_model_name_or_path":"some/model",\
    "modules_to_save":["multi_modal_projector"]}
    """
  var prefix = "base_model.model.model.language_model."
  var modules = ["self_attn.q_proj", "mlp.down_proj"]
  var infix = ""
  /// Others behind the pairs.
  var more: [FixtureTensor] = []
  var fill: UInt8? = 0x11

  func write(to directory: TemporaryDirectory) throws {
    var tensors: [FixtureTensor] = []
    for (name, expected) in Fixture.language.expectedAdapter(rank: 2).named {
      guard modules.contains(where: { name.contains(".\($0).") }) else { continue }
      let found = prefix + name.dropFirst("language.".count)
      let full = found.replacing(".weight", with: "\(infix).weight")
      tensors.append(FixtureTensor(name: full, shape: expected.shape, type: "F32", fill: fill))
    }
    try directory.write(Fixture.file(tensors + more), to: "adapter_model.safetensors")
    try directory.write(config, to: "adapter_config.json")
  }

  func open() throws -> AdapterCheckpoint {
    let directory = try TemporaryDirectory()
    try write(to: directory)
    // Mapped: the files may go.
    return try AdapterCheckpoint(directory.path)
  }

  static func projector(_ prefix: String, _ names: [String] = ["linear_1", "linear_2"])
    -> [FixtureTensor]
  {
    names.enumerated().flatMap { index, name in
      [
        FixtureTensor(name: "\(prefix)\(name).weight", shape: [16, index == 0 ? 8 : 16]),
        FixtureTensor(name: "\(prefix)\(name).bias", shape: [16]),
      ]
    }
  }
}

@Suite struct AdapterTests {
  static let golden = "\(packageRoot)/Tests/Golden/adapters"

  @Test(
    arguments: [
      "base_model.model.model.language_model.", "base_model.model.language_model.model.",
      "base_model.model.model.", "base_model.model.language_model.", "base_model.model.",
    ], ["", ".default"])
  func everyLayoutsNames(prefix: String, infix: String) throws {
    let adapter = try AdapterFixture(prefix: prefix, infix: infix).open()
    #expect(adapter.scale == AdapterScale(rank: 2, alpha: 6))
    #expect(adapter.config.baseName == "some/model")
    #expect(adapter.modules == ["q_proj", "down_proj"] && !adapter.holdsProjector)
    let parameters = try adapter.parameters(for: Fixture.language)
    #expect(parameters.layers.count == 2 && parameters.named.count == 8)
    for layer in parameters.layers {
      #expect(layer.key == nil && layer.up == nil)
      #expect(layer.down?.a.columns == 24 && layer.down?.b.rows == 16)
    }
  }

  @Test func layoutsDoNotChangeTheIdentity() throws {
    let identity = try AdapterFixture().open().identity()
    let older = AdapterFixture(prefix: "base_model.model.language_model.model.")
    #expect(try older.open().identity() == identity)
    var other = AdapterFixture()
    other.config = other.config.replacing(#""lora_alpha":6"#, with: #""lora_alpha":7"#)
    #expect(try other.open().identity() != identity)
    #expect(try AdapterFixture(fill: 0x12).open().identity() != identity)
    let adapter = try AdapterFixture().open()
    #expect(try adapter.identity(on: "a") != adapter.identity(on: "b"))
  }

  @Test(arguments: [
    ("projector-inside", "llava-hf", 4, 6.0, 28, true, true),
    ("stabilised", "llama-tied", 3, 2.5, 8, false, false),
    ("two-files", "llava-original", 2, 4.0, 14, true, true),
  ]) func whatPeftWrites(
    name: String, base: String, rank: Int, alpha: Double, tensors: Int, hasProjector: Bool,
    hasAll: Bool
  ) throws {
    let adapter = try AdapterCheckpoint("\(Self.golden)/\(name)")
    #expect(adapter.scale.rank == rank && adapter.scale.alpha == alpha)
    #expect(adapter.scale.isRankStabilized == (name == "stabilised"))
    #expect(adapter.holdsProjector == hasProjector && adapter.config.baseName == base)
    #expect(adapter.modules.count == (hasAll ? 7 : 2))
    let config = try ModelDirectory.open(model: GoldenModel(base).path).languageConfig()
    #expect(try adapter.parameters(for: config).named.count == tensors)
    // A model of another shape.
    let wrong = try failure { try adapter.parameters(for: Fixture.language) }
    #expect(wrong.code == "checkpoint/tensors" && wrong.status == .mismatch)
    #expect(wrong.message.contains("q_proj.lora_A.weight"))
  }

  @Test func projectorsInside() throws {
    let directory = try TemporaryDirectory()
    for prefix in [
      "base_model.model.model.multi_modal_projector.",
      "base_model.model.multi_modal_projector.modules_to_save.default.",
    ] {
      let more = AdapterFixture.projector(prefix)
      try AdapterFixture(more: more).write(to: directory)
      let adapter = try AdapterCheckpoint(directory.path)
      #expect(adapter.holdsProjector && adapter.weights.canonicalNames.count == 8)
      for path in [directory.path, directory.file("adapter_model.safetensors")] {
        let found = try ModelDirectory.open(model: nil, projector: path).projectorCheckpoint()
        #expect(found.config == ProjectorConfig(depth: 2, inputWidth: 8, outputWidth: 16))
      }
    }
  }

  @Test func projectorsOfTheGoldenAdapters() throws {
    for (name, depth) in [("projector-inside", 2), ("two-files", 1)] {
      let path = "\(Self.golden)/\(name)"
      let found = try ModelDirectory.open(model: nil, projector: path).projectorCheckpoint()
      #expect(found.config == ProjectorConfig(depth: depth, inputWidth: 32, outputWidth: 32))
    }
    let none = try failure {
      try ModelDirectory.open(model: nil, projector: "\(Self.golden)/stabilised")
        .projectorCheckpoint()
    }
    #expect(none.code == "checkpoint/no-part" && none.message.contains("without one"))
  }

  /// What the first stage leaves: a configuration in LLaVA's own layout, and the projector.
  @Test func aStageOneDirectory() throws {
    let directory = try TemporaryDirectory()
    try directory.write(Fixture.originalJSON, to: "config.json")
    let tensors = AdapterFixture.projector("model.mm_projector.", ["0", "2"])
    try directory.write(Fixture.file(tensors), to: "mm_projector.safetensors")
    let parts = try ModelDirectory.open(model: nil, projector: directory.path)
    #expect(try parts.projectorCheckpoint().config.depth == 2)
    #expect(parts.llavaSettings.padsToSquare == true)
  }
}

@Suite struct AdapterRefusalTests {
  /// A member of adapter_config.json and what the message must name.
  @Test(arguments: [
    #""use_dora":true"#, #""bias":"lora_only""#, #""bias":"all""#, #""fan_in_fan_out":true"#,
    #""rank_pattern":{"q_proj":4}"#, #""alpha_pattern":{"q_proj":4}"#,
    #""layers_to_transform":[0]"#, #""layers_to_transform":0"#,
    #""modules_to_save":["embed_tokens"]"#, #""modules_to_save":["lm_head"]"#,
    #""modules_to_save":"mm_projector""#, #""modules_to_save":[7]"#, #""peft_type":"IA3""#,
    #""peft_type":null"#, #""r":0"#, #""r":-1"#, #""r":1e9"#, #""r":9223372036854775807"#,
    #""r":2.5"#, #""r":"2""#, #""lora_alpha":0"#, #""lora_alpha":-16"#, #""lora_alpha":1e400"#,
    #""lora_alpha":"NaN""#, #""use_rslora":1"#, #""init_lora_weights":"pissa""#,
    #""init_lora_weights":"olora""#, #""target_parameters":["a"]"#, #""lora_bias":true"#,
    #""trainable_token_indices":[1]"#, #""layer_replication":[[0,1]]"#,
  ]) func settings(member: String) throws {
    var fixture = AdapterFixture()
    let key = String(member.dropFirst().prefix { $0 != "\"" })
    var members = [
      "peft_type": #""peft_type":"LORA""#, "r": #""r":2"#, "lora_alpha": #""lora_alpha":6"#,
    ]
    members[key] = member
    fixture.config = "{\(members.values.joined(separator: ","))}"
    let failure = try failure { try fixture.open() }
    #expect(failure.code == "checkpoint/config" && failure.status == .mismatch)
    #expect(failure.message.contains(key) && !failure.message.contains("\n"), "\(failure.message)")
  }

  @Test(arguments: [
    "", "{", "[]", "null", #"{"r":NaN}"#, #"{"lora_alpha":Infinity,"peft_type":"LORA"}"#,
    String(repeating: #"{"rank_pattern":"#, count: 100_000),
    String(repeating: "[", count: 100_000),
  ]) func textThatIsNoConfiguration(text: String) throws {
    var fixture = AdapterFixture()
    fixture.config = text
    #expect(try failure { try fixture.open() }.status == .invalidInput)
  }

  @Test(arguments: [
    (
      "base_model.model.model.vision_tower.encoder.layers.0.self_attn.q_proj.lora_A.weight",
      "vision"
    ),
    (
      "base_model.model.model.vision_tower.vision_model.encoder.layers.0.mlp.fc1.lora_B.weight",
      "vis"
    ),
    ("base_model.model.model.multi_modal_projector.linear_1.lora_A.weight", "projector"),
    ("base_model.model.model.embed_tokens.weight", "embed_tokens"),
    ("base_model.model.lm_head.lora_A.weight", "lm_head"),
    ("base_model.model.model.layers.0.mlp.up_proj.lora_magnitude_vector", "magnitude"),
    ("base_model.model.model.layers.0.self_attn.q_proj.lora_A.other.weight", "other"),
    ("base_model.model.model.layers.00.self_attn.q_proj.lora_A.weight", "00"),
    ("base_model.model.model.layers.0.self_attn.q_proj.lora_A.bias", "bias"),
    ("base_model.model.model.layers.99999999999999999999.mlp.up_proj.lora_A.weight", "99"),
    ("something", "not part of LLaVA"),
  ]) func tensorsElsewhere(name: String, word: String) throws {
    let fixture = AdapterFixture(more: [FixtureTensor(name: name, shape: [2, 8])])
    let failure = try failure { try fixture.open() }
    #expect(failure.code == "adapter/foreign" && failure.message.contains(word))
    #expect(failure.remedy?.contains("merge_and_unload") == true)
  }

  @Test func tensorsOfAnotherModel() throws {
    func code(_ change: (inout LanguageConfig) -> Void) throws -> String {
      var config = Fixture.language
      change(&config)
      let adapter = try AdapterFixture().open()
      return try failure { try adapter.parameters(for: config) }.code
    }
    #expect(try code { $0.layers = 1 } == "checkpoint/tensors")
    #expect(try code { $0.width = 32 } == "checkpoint/tensors")
    #expect(try code { $0.intermediateWidth = 32 } == "checkpoint/tensors")
    // More layers than were adapted are a subset; that some model has them is no fault.
    var deeper = Fixture.language
    deeper.layers = 3
    #expect(try AdapterFixture().open().parameters(for: deeper).layers[2].query == nil)
  }

  @Test func halvesRanksAndNumbers() throws {
    let half = "base_model.model.model.language_model.layers.0.self_attn.k_proj.lora_A.weight"
    let lone = AdapterFixture(more: [FixtureTensor(name: half, shape: [2, 16])])
    let missing = try failure { try lone.open().parameters(for: Fixture.language) }
    #expect(missing.code == "checkpoint/tensors" && missing.message.contains("missing"))
    var ranked = AdapterFixture()
    ranked.config = ranked.config.replacing(#""r":2"#, with: #""r":4"#)
    let rank = try failure { try ranked.open().parameters(for: Fixture.language) }
    #expect(rank.code == "checkpoint/tensors" && rank.message.contains("[4, 16]"))
    // All bits set is a NaN.
    let spoilt = try failure {
      try AdapterFixture(fill: 0xFF).open().parameters(for: Fixture.language)
    }
    #expect(spoilt.code == "checkpoint/not-finite")
    #expect(try failure { try AdapterFixture(modules: []).open() }.code == "adapter/empty")
  }

  @Test func directoriesWithoutAnAdapter() throws {
    let directory = try TemporaryDirectory()
    #expect(try failure { try AdapterCheckpoint(directory.path) }.code == "adapter/none")
    try directory.write(AdapterFixture().config, to: "adapter_config.json")
    #expect(
      try failure { try AdapterCheckpoint(directory.path) }.code == "checkpoint/no-weights")
    let model = try Fixture.llava()
    let whole = try failure { try AdapterCheckpoint(model.path) }
    #expect(whole.code == "adapter/none" && whole.message.contains("LoRA"))
    let run = try TemporaryDirectory()
    try run.write("", to: "checkpoint-100")
    #expect(try failure { try AdapterCheckpoint(run.path) }.code == "checkpoint/checkpoints")
    #expect(
      try failure { try AdapterCheckpoint("/nowhere/at-all") }.code == "checkpoint/not-found")
  }

  /// Only a projector can be taken from an adapter; as a model it is told what to do.
  @Test func anAdapterIsNoModel() throws {
    let directory = try TemporaryDirectory()
    try AdapterFixture(
      more: AdapterFixture.projector("base_model.model.model.multi_modal_projector.")
    ).write(to: directory)
    for part in ModelPart.allCases where part != .projector {
      let refused = try failure {
        let model = try ModelDirectory.open(
          model: nil, vision: part == .vision ? directory.path : nil,
          language: part == .language ? directory.path : nil)
        _ = part == .vision ? try model.visionCheckpoint().blocks : 0
        _ = try model.languageCheckpoint()
      }
      #expect(refused.code == "checkpoint/adapter" && refused.remedy?.contains("--lora") == true)
    }
  }
}
