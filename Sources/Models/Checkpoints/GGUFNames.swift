// What llama.cpp calls the tensors of LLaMA, CLIP and the projector, in the names of `parts`.
// SPDX-License-Identifier: Apache-2.0
import GGUF
import InputOutput
import Tensors

/// Translates the names of one model's GGUF files to `CheckpointLayout.parts` (reference: llama.cpp's
/// gguf-py/gguf/tensor_mapping.py, and examples/llava for the towers). What it has no name for keeps
/// its own where nothing computes with it; in a decoder or a tower it gets a name there, so that it is
/// refused with all else that does not belong.
struct GGUFNames {
  /// The decoder's, for the order of rows; nil for a file without one.
  var language: LanguageConfig?
  /// The tower's width; nil for a file without one.
  var visionWidth: Int?

  static let layers: KeyValuePairs = [
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
  ]
  static let blocks: KeyValuePairs = [
    "ln1": "layer_norm1", "ln2": "layer_norm2", "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_out": "self_attn.out_proj",
    "ffn_up": "mlp.fc1", "ffn_down": "mlp.fc2",
  ]
  static let ends: KeyValuePairs = [
    "token_embd.": "model.embed_tokens.", "output_norm.": "model.norm.", "output.": "lm_head.",
    "v.class_embd": "vision_model.embeddings.class_embedding",
    "v.patch_embd.": "vision_model.embeddings.patch_embedding.",
    "v.position_embd.": "vision_model.embeddings.position_embedding.",
    "v.pre_ln.": "vision_model.pre_layrnorm.", "v.post_ln.": "vision_model.post_layernorm.",
    "mm.": "mm_projector.",
  ]

  /// The name; nil for a tensor that is computed here or asks for nothing. Throws `checkpoint/family`,
  /// `checkpoint/undecided`.
  func name(of tensor: GGUFTensor, in file: GGUFFile) throws(Failure) -> String? {
    let name = tensor.name
    if name == "rope_freqs.weight" {
      try checkFrequencies(tensor, in: file)
      return nil
    }
    if name.ends(withBytesOf: ".attn_rot_embd") { return nil }
    if let rest = rest(of: name, after: "blk.") {
      return "model.layers." + renamed(rest, Self.layers)
    }
    if let rest = rest(of: name, after: "v.blk.") {
      let swaps = try isSwapped(rest, in: file)
      return "vision_model.encoder.layers." + renamed(swaps ? swapped(rest) : rest, Self.blocks)
    }
    for (found, ours) in Self.ends {
      if let rest = rest(of: name, after: found) { return ours + rest }
    }
    return rest(of: name, after: "v.").map { "vision_model.\($0)" } ?? name
  }

  /// The order of the rows of what is called `name`; nil for the model's own.
  func rowOrder(of name: String, rows: Int) -> RowOrder? {
    guard let language, name.hasPrefix("model.layers."),
      [".self_attn.q_proj.weight", ".self_attn.k_proj.weight"].contains(where: name.hasSuffix),
      rows % language.headWidth == 0
    else { return nil }
    return RowOrder(pairsOfHeads: language.headWidth)
  }

  private func rest(of name: String, after prefix: String) -> String? {
    name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : nil
  }

  /// `3.attn_q.weight` with the middle that `table` has for it.
  private func renamed(_ rest: String, _ table: KeyValuePairs<String, String>) -> String {
    var words = rest.split(atByte: UInt8(ascii: "."))
    guard words.count == 3, let row = table.first(where: { $0.key == words[1] }) else {
      return rest
    }
    words[1] = row.value
    return words.joined(separator: ".")
  }

  private func swapped(_ rest: String) -> String {
    var words = rest.split(atByte: UInt8(ascii: "."))
    words[1] = words[1] == "ffn_up" ? "ffn_down" : "ffn_up"
    return words.joined(separator: ".")
  }

  /// Whether `rest`, of a tower's block, is half of an MLP whose two layers have each other's names, as
  /// older converters gave them: the first one takes the tower's width. Where both widths are the same
  /// nothing tells (reference: `clip_model_loader` of llama.cpp's tools/mtmd/clip.cpp).
  private func isSwapped(_ rest: String, in file: GGUFFile) throws(Failure) -> Bool {
    let words = rest.split(atByte: UInt8(ascii: "."))
    guard let visionWidth, words.count == 3, ["ffn_up", "ffn_down"].contains(words[1]) else {
      return false
    }
    let name = "v.blk.\(words[0]).ffn_down.weight"
    guard let down = file.tensors.first(where: { $0.name == name })?.shape, down.count == 2 else {
      return false
    }
    guard down[0] != down[1] else {
      throw Failure(
        .mismatch, code: "checkpoint/undecided", at: file.path,
        "expected an MLP wider than the tower, found \(name) of \(down): older converters swap its two"
          + " layers, and nothing tells whether this one did",
        remedy: "take the edition of the model that it was made from")
    }
    return down[1] == visionWidth
  }

  /// Throws unless every position is scaled by 1: Llama 3 scales them.
  private func checkFrequencies(_ tensor: GGUFTensor, in file: GGUFFile) throws(Failure) {
    if tensor.format == .f32, tensor.shape.count == 1,
      try file.decoded(tensor).doubles().allSatisfy({ $0 == 1 })
    {
      return
    }
    throw OtherFamily(name: "a model on Llama 3", lacks: "Llama 3's scaling of positions")
      .refusal(at: file.path)
  }
}
