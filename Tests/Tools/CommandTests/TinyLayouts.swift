// The tiny model in every way that LLaVA's checkpoints are published, in PyTorch's files.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import JSON
import Tensors
import TestSupport

/// Directories in `root`: `shards` (llava-hf's), `llava` (the authors', its CLIP elsewhere), `clip`,
/// `projector` (by itself), and `hub`, a cache that holds them as tiny/llava and tiny/clip.
struct TinyLayouts {
  static let source = "\(packageRoot)/examples/tiny-llava"
  /// What the authors' configuration names, in the cache below another name than it has here.
  static let towerName = "openai/clip-vit-tiny"
  let root: TemporaryDirectory
  private let checkpoint: Checkpoint

  init() throws {
    root = try TemporaryDirectory()
    checkpoint = try Checkpoint.open("\(Self.source)/model.safetensors")
    let half = checkpoint.names.count / 2
    try shards([Array(checkpoint.names[..<half]), Array(checkpoint.names[half...])])
    try original("llava") { !$0.hasPrefix("vision.") }
    try make("clip", ["preprocessor_config.json"])
    try write(
      ["model_type": .string("clip"), "vision_config": config("vision_config")], to: "clip")
    try tensors("clip/pytorch_model.bin", layout: .parts) { $0.hasPrefix("vision.") }
    try make("projector", [])
    try write(originalConfig, to: "projector")
    try tensors("projector/mm_projector.bin", layout: .original) { $0.hasPrefix("projector.") }
    try cache("openai/clip-vit-tiny", "clip")
    try cache("tiny/llava", "llava")
  }

  /// The authors' layout with the tensors that `holds` says, in the directory `name`.
  func original(_ name: String, holds: (String) -> Bool) throws {
    try make(name, Self.besideLanguage)
    try write(originalConfig, to: name)
    try tensors("\(name)/pytorch_model.bin", layout: .original, holds: holds)
  }

  private static let besideLanguage = [
    "generation_config.json", "tokenizer.model", "tokenizer_config.json", "added_tokens.json",
    "special_tokens_map.json",
  ]

  private func shards(_ parts: [[String]]) throws {
    try make(
      "shards",
      Self.besideLanguage + [
        "config.json", "preprocessor_config.json", "processor_config.json",
      ])
    var map = JSONObject()
    for (number, names) in parts.enumerated() {
      let file = "pytorch_model-0000\(number + 1)-of-0000\(parts.count).bin"
      for name in names { map[name] = .string(file) }
      try archive(names.map { ($0, $0) }).write(to: root.file("shards/\(file)"))
    }
    let index: JSONObject = ["weight_map": .object(map)]
    try root.write(
      JSONValue.object(index).serialized(), to: "shards/pytorch_model.bin.index.json")
  }

  private func tensors(
    _ path: String, layout: CheckpointLayout, holds: (String) -> Bool
  ) throws {
    let names = checkpoint.names.compactMap { found -> (String, String)? in
      guard let canonical = TensorNames.canonical(found), holds(canonical) else { return nil }
      return layout.name(of: canonical).map { (found, $0) }
    }
    try archive(names).write(to: root.file(path))
  }

  private func archive(_ names: [(found: String, given: String)]) throws -> TorchArchive {
    TorchArchive(
      tensors: try names.map { found, given in
        let tensor = try checkpoint.tensor(named: found)
        return (given, tensor.elementType, tensor.shape, .bytes(tensor.withUnsafeBytes(Array.init)))
      })
  }

  private func make(_ name: String, _ files: [String]) throws {
    try FileManager.default.createDirectory(
      atPath: root.file(name), withIntermediateDirectories: true)
    for file in files {
      try FileManager.default.copyItem(
        atPath: "\(Self.source)/\(file)", toPath: root.file("\(name)/\(file)"))
    }
  }

  private func write(_ config: JSONObject, to name: String) throws {
    try root.write(JSONValue.object(config).serialized(), to: "\(name)/config.json")
  }

  private func config(_ key: String) throws -> JSONValue {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(Self.source)/config.json"))
    return try JSONValue(parsing: Array(bytes)).object?[key] ?? .null
  }

  private var originalConfig: JSONObject {
    get throws {
      var object = try config("text_config").object ?? [:]
      let members: JSONObject = [
        "architectures": .array([.string("LlavaLlamaForCausalLM")]), "model_type": .string("llava"),
        "mm_hidden_size": .int(128), "mm_projector_type": .string("mlp2x_gelu"),
        "use_mm_proj": .bool(true),
        "mm_vision_select_layer": .int(-2), "mm_vision_select_feature": .string("patch"),
        "mm_vision_tower": .string(Self.towerName),
        "_name_or_path": .string("lmsys/vicuna-7b-v1.5"),
      ]
      for (key, value) in members.members { object[key] = value }
      return object
    }
  }

  /// Links as the hub's clients make them.
  private func cache(_ repository: String, _ directory: String) throws {
    let folder = "hub/models--\(repository.replacing("/", with: "--"))"
    for name in ["blobs", "refs", "snapshots/0a1b"] {
      try FileManager.default.createDirectory(
        atPath: root.file("\(folder)/\(name)"), withIntermediateDirectories: true)
    }
    try root.write("0a1b", to: "\(folder)/refs/main")
    for name in try FileManager.default.contentsOfDirectory(atPath: root.file(directory)) {
      try FileManager.default.copyItem(
        atPath: root.file("\(directory)/\(name)"), toPath: root.file("\(folder)/blobs/\(name)"))
      try FileManager.default.createSymbolicLink(
        atPath: root.file("\(folder)/snapshots/0a1b/\(name)"),
        withDestinationPath: "../../blobs/\(name)")
    }
  }
}
