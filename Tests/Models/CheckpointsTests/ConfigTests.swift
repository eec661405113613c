// Configurations: defaults, spellings, and every hyper-parameter that can lie.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import TestSupport
import Testing

@testable import Checkpoints

struct ConfigTests {
  private func model(_ text: String) throws -> ModelConfig {
    try ModelConfig(Fixture.object(text), place: "config.json")
  }

  /// `text` with `key` set to the JSON text `value`, or without it when nil.
  private func changed(_ text: String, _ path: [String], _ value: String?) throws -> JSONObject {
    var root = try Fixture.object(text)
    let replacement = try value.map { try JSONValue(parsing: Array($0.utf8)) }
    if path.count == 1 {
      root[path[0]] = replacement
    } else {
      var inner = try #require(root[path[0]]?.object)
      inner[path[1]] = replacement
      root[path[0]] = .object(inner)
    }
    return root
  }

  @Test func readsLlavaHF() throws {
    let config = try model(Fixture.llavaJSON)
    #expect(config.vision == Fixture.vision)
    #expect(config.language == Fixture.language)
    #expect(config.projector == ProjectorConfig(depth: 2, inputWidth: 8, outputWidth: 16))
    #expect(config.imageToken == 32)
    #expect(config.featureLayer == -2)
    #expect(!config.keepsClassToken)
    #expect(config.padsToSquare == nil)
  }

  @Test func readsOriginal() throws {
    let config = try model(Fixture.originalJSON)
    #expect(config.vision == nil)
    #expect(config.language == Fixture.language)
    #expect(config.projector == ProjectorConfig(depth: 2, inputWidth: 8, outputWidth: 16))
    #expect(config.padsToSquare == true)
    #expect(config.visionTowerName == "openai/clip-vit-large-patch14-336")
    #expect(config.imageToken == nil)
  }

  @Test func missingKeysTakeTheClassDefaults() throws {
    let config = try model(
      """
      {"model_type":"llava","text_config":{"model_type":"llama","rms_norm_eps":1e-5,
      "max_position_embeddings":4096,"vocab_size":32064},"vision_feature_select_strategy":"full"}
      """)
    #expect(config.vision == .llavaDefault)
    #expect(config.vision?.positions == 577)
    #expect(
      config.language
        == LanguageConfig(
          width: 4096, intermediateWidth: 11008, layers: 32, heads: 32, vocabulary: 32064,
          epsilon: 1e-5, maxPositions: 4096))
    #expect(config.keepsClassToken)
    let bare = try model("{\"model_type\":\"llama\"}")
    #expect(bare.language?.epsilon == 1e-6)
    #expect(bare.language?.maxPositions == 2048)
    let clip = try model("{\"model_type\":\"clip_vision_model\"}")
    #expect(clip.vision == .classDefault)
    #expect(clip.projector == nil && clip.language == nil)
  }

  /// Mistral is a LLaMA of another shape, where no window of attention is narrower than the context.
  @Test(arguments: [
    #""sliding_window":null"#, #""sliding_window":32768"#, #""sliding_window":40000"#,
  ])
  func readsMistral(window: String) throws {
    let text = #"{"model_type":"mistral","max_position_embeddings":32768,\#(window)}"#
    let bare = try model(text)
    #expect(bare.kind == .language)
    #expect(bare.language?.keyValueHeads == 8 && bare.language?.intermediateWidth == 14336)
    let whole = try model(#"{"model_type":"llava","text_config":\#(text)}"#)
    #expect(whole.language == bare.language)
    let original = try model(
      #"{"model_type":"llava_mistral","mm_projector_type":"mlp2x_gelu",\#(text.dropFirst(24))"#)
    #expect(original.kind == .original && original.language?.keyValueHeads == 8)
  }

  @Test func bareClipHoldsItsTowerUnderVisionConfig() throws {
    let config = try model(
      "{\"model_type\":\"clip\",\"text_config\":{},\"vision_config\":\(Fixture.visionJSON)}")
    #expect(config.vision == Fixture.vision)
  }

  @Test(arguments: [
    ("identity", 0), ("linear", 1), ("mlp1x_gelu", 1), ("mlp2x_gelu", 2), ("mlp16x_gelu", 16),
  ])
  func readsProjectorTypes(type: String, depth: Int) throws {
    let object = try changed(Fixture.originalJSON, ["mm_projector_type"], "\"\(type)\"")
    #expect(try ModelConfig(object, place: "c").projector?.depth == depth)
  }

  @Test(arguments: [
    "mlp0x_gelu", "mlp17x_gelu", "mlp-1x_gelu", "mlp+2x_gelu", "mlpx_gelu", "mlp2x_gelu_res8",
    "mlp99999999999999999999x_gelu", "mlp٢x_gelu", "", "Linear",
  ])
  func refusesProjectorTypes(type: String) throws {
    let object = try changed(Fixture.originalJSON, ["mm_projector_type"], "\"\(type)\"")
    let failure = try failure { try ModelConfig(object, place: "c") }
    #expect(failure.status == .mismatch)
    #expect(failure.message.contains("mm_projector_type"))
  }

  @Test func readsRopeInBothSpellings() throws {
    let old = try changed(
      Fixture.languageJSON, ["rope_scaling"], "{\"type\":\"linear\",\"factor\":2.5}")
    #expect(try ModelConfig(old, place: "c").language?.ropeFactor == 2.5)
    let new = try changed(
      Fixture.languageJSON, ["rope_parameters"],
      "{\"rope_type\":\"linear\",\"factor\":4,\"rope_theta\":500000}")
    let config = try ModelConfig(new, place: "c").language
    #expect(config?.ropeFactor == 4)
    #expect(config?.ropeTheta == 500_000)
    let plain = try changed(
      Fixture.languageJSON, ["rope_parameters"],
      "{\"rope_type\":\"default\",\"rope_theta\":10000.0}")
    #expect(try ModelConfig(plain, place: "c").language?.ropeFactor == 1)
    let dynamic = try changed(
      Fixture.languageJSON, ["rope_scaling"], "{\"type\":\"dynamic\",\"factor\":2}")
    let failure = try failure { try ModelConfig(dynamic, place: "c") }
    #expect(failure.message.contains("\"dynamic\""))
    #expect(failure.message.contains("linear"))
  }

  @Test func readsEndTokens() throws {
    let list = try changed(Fixture.languageJSON, ["eos_token_id"], "[2,7]")
    #expect(try ModelConfig(list, place: "c").language?.endTokens == [2, 7])
    let none = try changed(Fixture.languageJSON, ["bos_token_id"], "null")
    #expect(try ModelConfig(none, place: "c").language?.beginToken == nil)
  }

  @Test(arguments: [
    ("eos_token_id", "[]", "a token id or a list of 1 to 64 of them, not an empty list"),
    ("eos_token_id", "[2,\"a\"]", "or a list of 1 to 64 of them, not a list of 2"),
    ("partial_rotary_factor", "0.5", "partial_rotary_factor 0.5 is not supported, only 1"),
    ("partial_rotary_factor", "[]", "an empty list is not supported, only 1"),
  ])
  func messagesSayWhatWouldBeRight(key: String, value: String, message: String) throws {
    let object = try changed(Fixture.languageJSON, [key], value)
    let found = try failure { try ModelConfig(object, place: "c") }.message
    #expect(found.hasSuffix(message), "\(found)")
  }

  @Test(arguments: ["NaN", "Infinity", "-Infinity"])
  func numbersThatAreNoneAreNamed(value: String) throws {
    let directory = try TemporaryDirectory()
    try directory.write(
      #"{"model_type":"llava","text_config":{"a":{},"rms_norm_eps":\#(value)}}"#, to: "config.json")
    let failure = try failure { try ModelDirectory.open(model: directory.path) }
    #expect(failure.code == "checkpoint/json")
    #expect(
      failure.message
        == "text_config.rms_norm_eps: expected a number, found \(value), which JSON does not have")
  }

  @Test(arguments: [
    (["attention_bias"], "true"), (["mlp_bias"], "true"), (["hidden_act"], "\"gelu\""),
    (["model_type"], "\"mixtral\""), (["bos_token_id"], "40"), (["head_dim"], "3"),
    (["num_key_value_heads"], "3"), (["num_attention_heads"], "5"),
    (["rope_scaling"], "{\"type\":\"linear\"}"), (["partial_rotary_factor"], "0.5"),
    (["eos_token_id"], "[]"), (["eos_token_id"], "[-1]"), (["eos_token_id"], "[2,\"a\"]"),
    (["rope_theta"], "1e400"), (["rms_norm_eps"], "0.0"), (["sliding_window"], "10"),
  ])
  func refusesLanguageSettings(path: [String], value: String) throws {
    let object = try changed(Fixture.languageJSON, path, value)
    #expect(try failure { try ModelConfig(object, place: "c") }.status == .mismatch)
  }

  @Test(arguments: [
    (["vision_feature_layer"], "[-2,-3]"), (["vision_feature_layer"], "-5"),
    (["vision_feature_layer"], "4"), (["vision_feature_select_strategy"], "\"cls\""),
    (["projector_hidden_act"], "\"gelu_pytorch_tanh\""), (["multimodal_projector_bias"], "false"),
    (["vision_config"], "[]"), (["model_type"], "\"llava_next\""),
    (["vision_config", "patch_size"], "13"), (["vision_config", "num_attention_heads"], "3"),
    (["vision_config", "num_channels"], "1"), (["vision_config", "hidden_act"], "\"relu\""),
    (["vision_config", "model_type"], "\"siglip_vision_model\""),
  ])
  func refusesLlavaSettings(path: [String], value: String) throws {
    let object = try changed(Fixture.llavaJSON, path, value)
    #expect(try failure { try ModelConfig(object, place: "c") }.status == .mismatch)
  }

  private static let numericKeys: [[String]] =
    [
      "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
      "image_size", "patch_size", "layer_norm_eps",
    ].map { ["vision_config", $0] }
    + [
      "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
      "num_key_value_heads", "head_dim", "vocab_size", "rms_norm_eps", "rope_theta",
      "max_position_embeddings",
    ].map { ["text_config", $0] }

  @Test(
    arguments: numericKeys,
    ["0", "-1", "2147483648", "9223372036854775808", "1e400", "\"8\"", "true", "[8]", "{}"])
  func refusesNumbersThatLie(path: [String], value: String) throws {
    // A huge rope theta or an epsilon of... only these are real numbers that may be this large.
    if path[1] == "rope_theta", value == "2147483648" { return }
    let object = try changed(Fixture.llavaJSON, path, value)
    let failure = try failure { try ModelConfig(object, place: "config.json") }
    #expect(failure.status == .mismatch)
    #expect(failure.code == "checkpoint/config")
    #expect(failure.message.contains("\(path[0]).\(path[1])"))
  }

  @Test(arguments: numericKeys)
  func acceptsEachKeyMissingOrRefusesTheSet(path: [String]) throws {
    let object = try changed(Fixture.llavaJSON, path, nil)
    // The default may not fit the other keys; if so it is said, and never traps.
    do throws(Failure) { _ = try ModelConfig(object, place: "c") } catch {
      #expect(error.status == .mismatch)
    }
  }

  @Test func namesEverythingThatIsWrong() throws {
    let text = """
      {"model_type":"llava","vision_config":{"patch_size":0,"hidden_size":-1},
      "text_config":{"rope_theta":"x"}}
      """
    let message = try failure { try model(text) }.message
    #expect(message.contains("vision_config.patch_size"))
    #expect(message.contains("vision_config.hidden_size"))
    #expect(message.contains("text_config.rope_theta"))
  }

  @Test func showsHostileStringsEscaped() throws {
    let failure = try failure { try model("{\"model_type\":\"\\u001b[31m\"}") }
    #expect(!failure.message.contains("\u{1b}"))
  }

  @Test func nothingTraps() throws {
    var generator = SeededGenerator(seed: 5)
    let hostile = ["0", "-1", "1e9", "9223372036854775807", "1e308", "null", "[]", "{}", "\"\""]
    var accepted = 0
    let rounds = amount(1000, soak: 100_000)
    for round in 0..<rounds {
      let text = round % 2 == 0 ? Fixture.llavaJSON : Fixture.originalJSON
      var bytes = Array(text.utf8)
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let digits = bytes.indices.filter { (48...57).contains(bytes[$0]) }
        guard let index = digits.randomElement(using: &generator) else { continue }
        let choice = hostile.randomElement(using: &generator) ?? "0"
        bytes.replaceSubrange(index...index, with: Array(choice.utf8))
      }
      guard let object = try? JSONValue(parsing: bytes).object else { continue }
      do throws(Failure) {
        let config = try ModelConfig(object, place: "c")
        accepted += 1
        #expect(config.vision.map { !$0.expectedParameters(blocks: 1).named.isEmpty } != false)
        #expect(config.language.map { !$0.expectedParameters.named.isEmpty } != false)
        #expect(
          config.projector.map { $0.expectedParameters.named.count == 2 * $0.depth } != false)
      } catch {
        #expect(error.status == .mismatch)
      }
    }
    // Some are good, most are not.
    #expect((1..<rounds / 2).contains(accepted))
  }
}
