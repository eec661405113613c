// The names that tensors have in files, and the one name that each has inside the program.
// SPDX-License-Identifier: Apache-2.0

/// Translates the tensor names of every known checkpoint layout to one canonical name space.
///
/// Canonical names, with `N` a layer counted from 0:
/// - `vision.class_embedding`, `vision.patch_embedding.weight`, `vision.position_embedding.weight`,
///   `vision.pre_layernorm.*`, `vision.layers.N.{layer_norm1,layer_norm2}.*`,
///   `vision.layers.N.self_attn.{q,k,v,out}_proj.*`, `vision.layers.N.mlp.{fc1,fc2}.*`,
///   `vision.post_layernorm.*`, where `*` is `weight` and `bias`;
/// - `projector.0.*`, `projector.2.*`, `projector.4.*` ...: the index in the original sequence of
///   linear layers and activations, so a linear projector is `projector.0.*`;
/// - `language.embed_tokens.weight`, `language.layers.N.{input,post_attention}_layernorm.weight`,
///   `language.layers.N.self_attn.{q,k,v,o}_proj.weight`,
///   `language.layers.N.mlp.{gate,up,down}_proj.weight`, `language.norm.weight`,
///   `language.lm_head.weight`.
public enum TensorNames {
  /// What a name may begin with in a file, and what stands for that here.
  /// The first row that fits wins, so a longer prefix stands above a shorter one that begins it.
  static let prefixes: [(found: String, canonical: String)] = [
    // LLaVA 1.6 and finetuned towers in the original layout.
    ("model.vision_tower.vision_tower.vision_model.", "vision."),
    ("model.vision_tower.vision_tower.", "vision."),
    // transformers 4.52 to 4.x.
    ("model.vision_tower.vision_model.", "vision."),
    ("model.multi_modal_projector.", "projector."),
    ("model.language_model.", "language."),
    // transformers 5.
    ("model.vision_tower.", "vision."),
    // The original LLaVA, and projector files of it.
    ("model.mm_projector.", "projector."),
    ("mm_projector.", "projector."),
    // llava-hf's files on disk, older and newer ones.
    ("vision_tower.vision_model.", "vision."),
    ("vision_tower.", "vision."),
    ("multi_modal_projector.", "projector."),
    ("language_model.model.", "language."),
    ("language_model.lm_head.", "language.lm_head."),
    // A bare LLaMA or Vicuna; also the language part of the original LLaVA.
    ("lm_head.", "language.lm_head."),
    ("model.embed_tokens.", "language.embed_tokens."),
    ("model.layers.", "language.layers."),
    ("model.norm.", "language.norm."),
    // A bare CLIP, saved by transformers 4 and by 5.
    ("vision_model.", "vision."),
    ("embeddings.", "vision.embeddings."),
    ("pre_layrnorm.", "vision.pre_layrnorm."),
    ("encoder.", "vision.encoder."),
    ("post_layernorm.", "vision.post_layernorm."),
  ]

  /// What follows the part's own prefix, where that differs from the canonical name.
  static let inner: [(found: String, canonical: String)] = [
    ("vision.embeddings.", "vision."),
    ("vision.encoder.layers.", "vision.layers."),
    // CLIP's published checkpoints spell it so.
    ("vision.pre_layrnorm.", "vision.pre_layernorm."),
    ("projector.linear_1.", "projector.0."),
    ("projector.linear_2.", "projector.2."),
    // A linear projector has no index.
    ("projector.weight", "projector.0.weight"),
    ("projector.bias", "projector.0.bias"),
  ]

  /// Buffers that old files hold and that are computed here.
  static let computedSuffixes = ["rotary_emb.inv_freq", "embeddings.position_ids"]

  /// The canonical name of `name`, or nil when the tensor belongs to no part of LLaVA. Of an adapter
  /// that is what was trained beside it, its projector; its pairs are no weights of a model.
  public static func canonical(_ name: String) -> String? {
    guard let inner = AdapterNames.unwrapped(name) else { return plain(name) }
    return plain(inner).flatMap { $0.hasPrefix("projector.") ? $0 : nil }
  }

  /// The canonical name of what is called `name` where no adapter is wrapped around the model.
  static func plain(_ name: String) -> String? {
    if computedSuffixes.contains(where: name.hasSuffix) { return nil }
    guard let outer = replacePrefix(of: name, by: prefixes) else { return nil }
    return replacePrefix(of: outer, by: inner) ?? outer
  }

  private static func replacePrefix(
    of name: String, by rows: [(found: String, canonical: String)]
  ) -> String? {
    guard let row = rows.first(where: { name.hasPrefix($0.found) }) else { return nil }
    return row.canonical + name.dropFirst(row.found.count)
  }
}
