// The shape of the projector between the vision tower and the language model.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// A projector: `depth` linear layers with biases and the exact GELU between them.
public struct ProjectorConfig: Equatable, Sendable {
  /// 0 passes features through, 1 is LLaVA's `linear`, N is `mlpNx_gelu`.
  public var depth: Int
  /// The vision tower's hidden size.
  public var inputWidth: Int
  /// The language model's hidden size; the layers after the first have it on both sides.
  public var outputWidth: Int

  public init(depth: Int, inputWidth: Int, outputWidth: Int) {
    self.depth = depth
    self.inputWidth = inputWidth
    self.outputWidth = outputWidth
  }

  /// More layers than this are a mistake or an attack.
  static let depthLimit = 16

  /// LLaVA's `mm_projector_type`.
  public var typeName: String {
    switch depth {
    case 0: "identity"
    case 1: "linear"
    default: "mlp\(depth)x_gelu"
    }
  }

  /// The depth that LLaVA's `mm_projector_type` names, nil for an unknown name.
  public static func depth(ofType name: String) -> Int? {
    switch name {
    case "identity": return 0
    case "linear": return 1
    default:
      guard name.hasPrefix("mlp"), name.hasSuffix("x_gelu") else { return nil }
      let digits = name.dropFirst(3).dropLast(6)
      guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let depth = Int(digits),
        (1...depthLimit).contains(depth)
      else { return nil }
      return depth
    }
  }
}

extension ProjectorConfig {
  /// Reads the original LLaVA's `mm_*` keys; nil when the configuration has no projector.
  static func original(_ reader: ConfigReader) -> ProjectorConfig? {
    let hasOne = ["mm_projector_type", "mm_hidden_size", "use_mm_proj"]
      .contains { reader.value($0) != nil }
    guard hasOne else { return nil }
    let type = reader.text("mm_projector_type") ?? "linear"
    let depth = depth(ofType: type)
    if depth == nil {
      reader.problems.add(
        "mm_projector_type is \(reader.shown(.string(type)));"
          + " supported: linear, mlpNx_gelu with N from 1 to \(depthLimit), identity")
    }
    return ProjectorConfig(
      depth: depth ?? 1,
      inputWidth: reader.count("mm_hidden_size", default: 1024, limit: 1 << 16),
      outputWidth: reader.count(
        "hidden_size", default: LanguageConfig.classDefault.width, limit: 1 << 16))
  }

  /// Reads llava-hf's keys; the widths are the neighbours'.
  static func huggingFace(
    _ reader: ConfigReader, vision: VisionConfig, language: LanguageConfig
  ) -> ProjectorConfig {
    reader.require("projector_hidden_act", oneOf: ["gelu"])
    reader.requireFlag("multimodal_projector_bias", true)
    return ProjectorConfig(depth: 2, inputWidth: vision.width, outputWidth: language.width)
  }
}
