// Small checkpoints and configurations that the tests build, byte by byte.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import InputOutput
import JSON
import TestSupport
import Testing

@testable import Checkpoints

/// A tensor of a fixture: BF16 zeros unless said otherwise.
struct FixtureTensor {
  var name: String
  var shape: [Int]
  var type = "BF16"
  /// Every byte; nil for a pattern that differs from tensor to tensor.
  var fill: UInt8?
}

enum Fixture {
  /// A safetensors file with `header` as its JSON text and `dataCount` bytes of data.
  static func file(header: String, dataCount: Int) -> [UInt8] {
    let json = Array(header.utf8)
    return littleEndian(UInt64(json.count)) + json + (0..<dataCount).map { UInt8($0 % 251) }
  }

  static func littleEndian(_ value: UInt64) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  /// A valid safetensors file that holds `tensors` one after another.
  static func file(_ tensors: [FixtureTensor]) -> [UInt8] {
    let widths = ["BF16": 2, "F16": 2, "F32": 4, "I64": 8, "I8": 1]
    var offset = 0
    var filled: [(Range<Int>, UInt8)] = []
    let entries = tensors.map { tensor -> String in
      let count = tensor.shape.reduce(widths[tensor.type]!, *)
      defer { offset += count }
      if let fill = tensor.fill { filled.append((offset..<offset + count, fill)) }
      return "\"\(tensor.name)\":{\"dtype\":\"\(tensor.type)\",\"shape\":\(tensor.shape),"
        + "\"data_offsets\":[\(offset),\(offset + count)]}"
    }
    let json = "{" + entries.joined(separator: ",") + "}"
    let padding = String(repeating: " ", count: (8 - json.utf8.count % 8) % 8)
    var bytes = file(header: json + padding, dataCount: offset)
    for (range, fill) in filled {
      for index in range { bytes[bytes.count - offset + index] = fill }
    }
    return bytes
  }

  static let vision = VisionConfig(
    width: 8, intermediateWidth: 12, layers: 3, heads: 2, imageSize: 28, patchSize: 14)
  static let language = LanguageConfig(
    width: 16, intermediateWidth: 24, layers: 2, heads: 4, keyValueHeads: 2, vocabulary: 40,
    epsilon: 1e-5, maxPositions: 64)

  static let visionJSON = """
    {"model_type":"clip_vision_model","hidden_size":8,"intermediate_size":12,
    "num_hidden_layers":3,"num_attention_heads":2,"image_size":28,"patch_size":14}
    """
  static let languageKeys = """
    "hidden_size":16,"intermediate_size":24,"num_hidden_layers":2,"num_attention_heads":4,
    "num_key_value_heads":2,"vocab_size":40,"rms_norm_eps":1e-5,"max_position_embeddings":64
    """
  static let languageJSON = "{\"model_type\":\"llama\",\(languageKeys)}"
  static let llavaJSON = """
    {"model_type":"llava","architectures":["LlavaForConditionalGeneration"],
    "image_token_index":32,"vision_config":\(visionJSON),"text_config":\(languageJSON)}
    """
  static let originalJSON = """
    {"model_type":"llava","architectures":["LlavaLlamaForCausalLM"],\(languageKeys),
    "mm_hidden_size":8,"mm_projector_type":"mlp2x_gelu","mm_vision_select_layer":-2,
    "mm_vision_select_feature":"patch","image_aspect_ratio":"pad",
    "mm_vision_tower":"openai/clip-vit-large-patch14-336"}
    """
  static let preprocessorJSON = """
    {"size":{"shortest_edge":28},"crop_size":{"height":28,"width":28},"resample":3}
    """

  /// All tensors of the tiny LLaVA by canonical name; `projectorDepth` as in ProjectorConfig.
  static func tensors(projectorDepth: Int = 2) -> [FixtureTensor] {
    let projector = ProjectorConfig(depth: projectorDepth, inputWidth: 8, outputWidth: 16)
    let expected =
      vision.expectedParameters(blocks: 3).named + projector.expectedParameters.named
      + language.expectedParameters.named
    return expected.map { name, tensor in
      // Gains about 0 are those of a difference between two models.
      let fill: UInt8? = name == "language.norm.weight" ? 0x3F : nil
      return FixtureTensor(name: name, shape: tensor.shape, fill: fill)
    }
  }

  static func object(_ text: String) throws -> JSONObject {
    try #require(try JSONValue(parsing: Array(text.utf8)).object)
  }
}

extension TemporaryDirectory {
  @discardableResult
  func write(_ text: String, to name: String) throws -> String {
    try write(Array(text.utf8), to: name)
  }
}

/// The failure that `body` throws; an issue is recorded when it throws none.
func failure<Result>(
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Result
) throws -> Failure {
  try #require(throws: Failure.self, sourceLocation: sourceLocation) { _ = try body() }
}
