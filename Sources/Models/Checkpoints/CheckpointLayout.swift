// The layouts that checkpoints are saved in, and what each calls the tensors.
// SPDX-License-Identifier: Apache-2.0

/// How a checkpoint spells the names of its tensors. `TensorNames.canonical` reads all of them;
/// this writes one (reference: transformers' and LLaVA's own code).
public enum CheckpointLayout: String, CaseIterable, Sendable {
  /// llava-hf's files on the hub, written by transformers up to 4.51.
  case huggingFace = "llava-hf"
  /// The same saved by transformers 4.52 to 4.x.
  case huggingFace4 = "llava-hf, transformers 4.52"
  /// The same saved by transformers 5.
  case huggingFace5 = "llava-hf, transformers 5"
  /// LLaVA's own, whose language part is that of a bare LLaMA or Vicuna.
  case original = "llava"
  /// CLIP, LLaMA and projector each by itself.
  case parts

  /// The name that this layout gives to the tensor called `canonical` (`TensorNames`); nil for a
  /// tensor that it has no place for. LLaVA gives a linear projector no index.
  public func name(of canonical: String, isLinearProjector: Bool = false) -> String? {
    if let rest = Self.rest(of: canonical, after: "vision.") {
      return prefixes.vision + Self.visionName(rest)
    }
    if let rest = Self.rest(of: canonical, after: "projector.") {
      return projectorName(rest, isLinear: isLinearProjector).map { prefixes.projector + $0 }
    }
    if let rest = Self.rest(of: canonical, after: "language.lm_head.") {
      return prefixes.head + rest
    }
    return Self.rest(of: canonical, after: "language.").map { prefixes.language + $0 }
  }

  private var prefixes: (vision: String, projector: String, language: String, head: String) {
    switch self {
    case .huggingFace:
      (
        "vision_tower.vision_model.", "multi_modal_projector.", "language_model.model.",
        "language_model.lm_head."
      )
    case .huggingFace4:
      (
        "model.vision_tower.vision_model.", "model.multi_modal_projector.",
        "model.language_model.", "lm_head."
      )
    case .huggingFace5:
      (
        "model.vision_tower.", "model.multi_modal_projector.", "model.language_model.",
        "lm_head."
      )
    case .original:
      ("model.vision_tower.vision_tower.vision_model.", "model.mm_projector.", "model.", "lm_head.")
    case .parts: ("vision_model.", "mm_projector.", "model.", "lm_head.")
    }
  }

  /// transformers numbers the two layers, LLaVA counts activations too.
  private func projectorName(_ rest: String, isLinear: Bool) -> String? {
    switch self {
    case .original, .parts: isLinear ? Self.rest(of: rest, after: "0.") : rest
    case .huggingFace, .huggingFace4, .huggingFace5:
      Self.rest(of: rest, after: "0.").map { "linear_1.\($0)" }
        ?? Self.rest(of: rest, after: "2.").map { "linear_2.\($0)" }
    }
  }

  /// CLIP puts embeddings and layers into modules of their own, and misspells one norm.
  private static func visionName(_ rest: String) -> String {
    if rest.hasPrefix("layers.") { return "encoder.\(rest)" }
    if let end = Self.rest(of: rest, after: "pre_layernorm.") { return "pre_layrnorm.\(end)" }
    return rest.hasPrefix("post_layernorm.") ? rest : "embeddings.\(rest)"
  }

  private static func rest(of name: String, after prefix: String) -> String? {
    name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : nil
  }
}
