// Whole tiny models in every layout, parts from elsewhere, and parts that do not fit.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Preprocessing
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

struct ModelDirectoryTests {
  @Test(arguments: NamingForm.allCases.filter { $0 != .original })
  func opensEveryNamingForm(form: NamingForm) throws {
    let directory = try Fixture.llava(form)
    let model = try ModelDirectory.open(model: directory.path)
    let vision = try model.visionCheckpoint()
    #expect(vision.config == Fixture.vision)
    #expect(vision.blocks == 2)
    #expect(vision.rowsPerImage == 4)
    #expect(vision.preprocessor == PreprocessorSettings(side: 28))
    #expect(try vision.weights.tensor("vision.layers.1.mlp.fc1.weight").shape == [12, 8])
    let projector = try model.projectorCheckpoint()
    #expect(projector.config == ProjectorConfig(depth: 2, inputWidth: 8, outputWidth: 16))
    #expect(projector.weights.canonicalNames.count == 4)
    let language = try model.languageCheckpoint()
    #expect(language.config == Fixture.language)
    #expect(try language.parameters().output?.rows == 40)
    let keys = try language.weights.tensor("language.layers.1.self_attn.k_proj.weight")
    #expect(keys.shape == [8, 16])
    #expect(keys.elementType == .bf16)
    #expect(model.imageToken == 32)
  }

  @Test func opensTheOriginalLayoutWithASeparateTower() throws {
    let directory = try Fixture.llava(.original, config: Fixture.originalJSON) {
      $0.removeAll { $0.name.hasPrefix("vision.") }
      $0.append(FixtureTensor(name: "model.image_newline", shape: [16]))
    }
    let alone = try ModelDirectory.open(model: directory.path)
    let failure = try failure { try alone.visionCheckpoint() }
    #expect(failure.message.contains("openai/clip-vit-large-patch14-336"))
    #expect(failure.remedy?.contains("--vision") == true)
    let clip = try Fixture.clip()
    let model = try ModelDirectory.open(model: directory.path, vision: clip.path)
    let vision = try model.visionCheckpoint()
    #expect(vision.config == Fixture.vision)
    #expect(vision.preprocessor.aspect == .pad)
    #expect(try model.projectorCheckpoint().config.depth == 2)
    #expect(try model.languageCheckpoint().config == Fixture.language)
    #expect(model.imageToken == nil)
  }

  @Test func takesATunedTowerFromTheModel() throws {
    let tuned = Fixture.originalJSON.dropLast() + ",\"unfreeze_mm_vision_tower\":true}"
    let directory = try Fixture.llava(.original, config: String(tuned))
    let clip = try Fixture.clip()
    let model = try ModelDirectory.open(model: directory.path, vision: clip.path)
    #expect(try model.visionCheckpoint().weights.path.hasPrefix(directory.path))
    let plain = try Fixture.llava(.original, config: Fixture.originalJSON)
    let other = try ModelDirectory.open(model: plain.path, vision: clip.path)
    #expect(try other.visionCheckpoint().weights.path.hasPrefix(clip.path))
  }

  @Test(arguments: [1, 2, 3]) func infersAProjectorFromItsTensors(depth: Int) throws {
    let directory = try Fixture.llava()
    let projector = try TemporaryDirectory()
    let tensors = Fixture.tensors(projectorDepth: depth).filter {
      $0.name.hasPrefix("projector.")
    }
    let path = try projector.write(
      Fixture.file(
        tensors.map {
          FixtureTensor(
            name: CheckpointLayout.original.name(of: $0.name, isLinearProjector: depth == 1)
              ?? "",
            shape: $0.shape)
        }), to: "mine.safetensors")
    let model = try ModelDirectory.open(model: directory.path, projector: path)
    #expect(try model.projectorCheckpoint().config.depth == depth)
  }

  @Test func takesEndTokensFromTheGenerationConfig() throws {
    let directory = try Fixture.llava()
    try directory.write("{\"eos_token_id\":[2,9]}", to: "generation_config.json")
    #expect(try ModelDirectory.open(model: directory.path).languageConfig().endTokens == [2, 9])
    try directory.write("{\"eos_token_id\":\"x\"}", to: "generation_config.json")
    #expect(try failure { try ModelDirectory.open(model: directory.path) }.status == .mismatch)
  }

  @Test func findsTheTokenizer() throws {
    let directory = try Fixture.llava()
    let model = try ModelDirectory.open(model: directory.path)
    #expect(try failure { try model.tokenizerPath() }.code == "checkpoint/no-tokenizer")
    try directory.write([1], to: "tokenizer.model")
    #expect(try model.tokenizerPath() == directory.path)
    let language = try Fixture.llava()
    try language.write([1], to: "tokenizer.json")
    let both = try ModelDirectory.open(model: directory.path, language: language.path)
    #expect(try both.tokenizerPath() == language.path)
  }

  @Test func tiedModelsNeedNoHead() throws {
    let tied = Fixture.llavaJSON.replacing(
      "\"image_token", with: "\"tie_word_embeddings\":true,\"image_token")
    let directory = try Fixture.llava(config: tied) {
      $0.removeAll { $0.name == "language.lm_head.weight" }
    }
    let language = try ModelDirectory.open(model: directory.path).languageCheckpoint()
    #expect(try language.parameters().output == nil)
    #expect(try language.parameters().layers.count == 2)
  }

  /// What the configuration says of ties does not undo a head that was trained by itself.
  @Test func aHeadOfItsOwnIsUsedThoughTheConfigurationTies() throws {
    let tied = Fixture.llavaJSON.replacing(
      "\"image_token", with: "\"tie_word_embeddings\":true,\"image_token")
    for (fill, isOwn) in [(UInt8(1), true), (0, false)] {
      let directory = try Fixture.llava(config: tied) {
        for index in $0.indices where $0[index].shape == [40, 16] {
          $0[index].fill = $0[index].name == "language.lm_head.weight" ? fill : 0
        }
      }
      let language = try ModelDirectory.open(model: directory.path).languageCheckpoint()
      #expect(try language.hasOwnHead() == isOwn)
      #expect(try (language.parameters().output != nil) == isOwn)
    }
  }

  @Test func acceptsPaddedVocabulariesAndUnusedLayersThatAreAbsent() throws {
    let directory = try Fixture.llava {
      for index in $0.indices where $0[index].shape.first == 40 { $0[index].shape[0] = 64 }
      $0.removeAll {
        $0.name.hasPrefix("vision.layers.2.") || $0.name.hasPrefix("vision.post_layernorm")
      }
    }
    let model = try ModelDirectory.open(model: directory.path)
    #expect(try model.languageCheckpoint().config.vocabulary == 40)
    #expect(try model.visionCheckpoint().blocks == 2)
  }

  @Test func refusesTwoNamesOfOneTensor() throws {
    let directory = try Fixture.llava()
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
    let directory = try Fixture.llava()
    try directory.write("{\"size\":336,\"crop_size\":336}", to: "preprocessor_config.json")
    let model = try ModelDirectory.open(model: directory.path)
    #expect(try failure { try model.visionCheckpoint() }.status == .mismatch)
    let nested = try Fixture.llava()
    try nested.write(
      "{\"image_processor\":\(Fixture.preprocessorJSON)}", to: "processor_config.json")
    let other = try ModelDirectory.open(model: nested.path)
    #expect(try other.visionCheckpoint().preprocessor.cropWidth == 28)
  }

  @Test func saysWhichPartIsMissing() throws {
    let nothing = try ModelDirectory.open(model: nil)
    #expect(try failure { try nothing.visionCheckpoint() }.status == .usage)
    #expect(try failure { try nothing.projectorCheckpoint() }.status == .usage)
    #expect(try failure { try nothing.languageCheckpoint() }.status == .usage)
    #expect(try failure { try nothing.tokenizerPath() }.status == .usage)
    let clip = try Fixture.clip()
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
}
