// What a new model shall be like: a config.json, and the files that go along with it.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import JSON
import Tensors
import Tokenizers

/// A directory whose config.json describes a model. Weights in it are ignored.
public struct ModelShapes: Sendable {
  public let directory: String
  public let config: ModelConfig
  private let object: JSONObject

  /// Everything that belongs to a model besides its weights.
  private static let companions =
    [
      "generation_config.json", "preprocessor_config.json", "processor_config.json",
      "chat_template.json", "chat_template.jinja",
    ] + Tokenizer.fileNames + Tokenizer.companionNames
  private static let limit = 64 << 20

  /// Reads config.json in `directory`. Throws `checkpoint/…`, or `init/config` where there is none, and
  /// for one that names its tower instead of describing it.
  public init(_ directory: String) throws(Failure) {
    self.directory = directory
    let path = "\(directory)/config.json"
    guard try fileExists(path), let config = try ModelConfig.find(in: directory) else {
      throw Failure(
        .inputOutput, code: "init/config", at: directory,
        "expected a directory with a config.json that describes the model",
        remedy: "copy one from a model of the family, and change its numbers")
    }
    self.config = config
    object = try readObject(path, limit: Self.limit)
    deviation = try Self.deviation(object, at: path)
    guard config.vision != nil || config.visionTowerName == nil else {
      throw Failure(
        .mismatch, code: "init/config", at: path,
        "expected the vision tower's shape in vision_config, found only the tower's name",
        remedy: "write it in llava-hf's layout, with vision_config and text_config")
    }
  }

  /// Whether there is a tokeniser beside config.json.
  public func holdsTokenizer() throws(Failure) -> Bool {
    for name in Tokenizer.fileNames {
      if try fileExists("\(directory)/\(name)") { return true }
    }
    return false
  }

  /// Whether the model has its tower's weights in its own file.
  var holdsTower: Bool { config.kind != .original }

  var layout: CheckpointLayout {
    switch config.kind {
    case .huggingFace: .huggingFace
    case .vision: .parts
    default: .original
    }
  }

  /// transformers' `initializer_range`: the standard deviation of the language model's matrices.
  let deviation: Double

  private static func deviation(_ object: JSONObject, at path: String) throws(Failure) -> Double {
    guard let value = (object["text_config"]?.object ?? object)["initializer_range"] else {
      return 0.02
    }
    guard let deviation = value.double, deviation > 0, deviation <= 1 else {
      throw Failure(
        .mismatch, code: "init/config", at: path,
        "expected an initializer_range above 0 and up to 1, found"
          + " \(escapedForTerminal(value.serializedString.prefix(bytes: 64)))",
        remedy: "0.02 is usual")
    }
    return deviation
  }

  /// The type that config.json names for the weights.
  var elementType: ElementType? {
    let name = object["torch_dtype"]?.string ?? object["dtype"]?.string
    return name.flatMap { wanted in Self.typeNames.first { $0.value == wanted }?.key }
  }

  private static let typeNames: [ElementType: String] = [
    .f32: "float32", .f16: "float16", .bf16: "bfloat16",
  ]

  /// Throws `init/tower` unless `tower` has the shape that config.json says.
  func check(_ tower: VisionCheckpoint) throws(Failure) {
    guard let wanted = config.vision, holdsTower else {
      throw Failure(
        .mismatch, code: "init/tower", at: "\(directory)/config.json",
        "expected a model with a vision tower in its own file, found one without",
        remedy: "leave --vision away")
    }
    guard wanted != tower.config else { return }
    throw Failure(
      .mismatch, code: "init/tower", at: tower.weights.path,
      "expected a vision tower of \(Self.text(wanted)), found one of \(Self.text(tower.config))",
      remedy: "change vision_config in \(directory)/config.json, or name another tower")
  }

  private static func text(_ config: VisionConfig) -> String {
    "hidden size \(config.width), \(config.layers) layers, \(config.heads) heads,"
      + " \(config.imageSize) pixels in patches of \(config.patchSize), MLP"
      + " \(config.intermediateWidth), \(config.activation)"
  }

  /// Every file but the weights, in the order that they are written in.
  func otherFiles(elementType: ElementType) throws(Failure) -> [(name: String, bytes: [UInt8])] {
    var files = [("config.json", JSONValue.object(configuration(elementType)).indented())]
    for name in Self.companions where try fileExists("\(directory)/\(name)") {
      files.append((name, try readWholeFile("\(directory)/\(name)", limit: Self.limit)))
    }
    return files
  }

  /// config.json with the type that the weights have.
  private func configuration(_ elementType: ElementType) -> JSONObject {
    func typed(_ object: JSONObject) -> JSONObject {
      var object = object
      let name = Self.typeNames[elementType].map { JSONValue.string($0) }
      for key in ["torch_dtype", "dtype"] where object[key] != nil { object[key] = name }
      for key in ["text_config", "vision_config"] {
        if let part = object[key]?.object { object[key] = .object(typed(part)) }
      }
      return object
    }
    var result = typed(object)
    if result["torch_dtype"] == nil, result["dtype"] == nil {
      result["torch_dtype"] = Self.typeNames[elementType].map { .string($0) }
    }
    return result
  }
}
