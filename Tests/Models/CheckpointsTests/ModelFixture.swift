// A tiny LLaVA on disk, in each published layout.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import TestSupport

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

extension Fixture {
  static func write(
    config: String, _ tensors: [FixtureTensor], name: (String) -> String,
    to directory: TemporaryDirectory? = nil
  ) throws -> TemporaryDirectory {
    let directory = try directory ?? TemporaryDirectory()
    try directory.write(config, to: "config.json")
    let named = tensors.map {
      FixtureTensor(name: name($0.name), shape: $0.shape, type: $0.type, fill: $0.fill)
    }
    try directory.write(file(named), to: "model.safetensors")
    return directory
  }

  /// The tiny LLaVA in llava-hf's layout after `change` of its tensors.
  static func llava(
    _ form: NamingForm = .llavaHF, config: String = llavaJSON,
    change: (inout [FixtureTensor]) -> Void = { _ in }
  ) throws -> TemporaryDirectory {
    var all = tensors()
    change(&all)
    return try write(config: config, all, name: form.name)
  }

  static func clip() throws -> TemporaryDirectory {
    let all =
      tensors().filter { $0.name.hasPrefix("vision.") }
      + [FixtureTensor(name: "text_model.a", shape: [1])]
    let directory = try write(config: visionJSON, all) { name in
      name.hasPrefix("vision.")
        ? "vision_model." + NamingForm.clipName(String(name.dropFirst(7))) : name
    }
    try directory.write(preprocessorJSON, to: "preprocessor_config.json")
    return directory
  }
}
