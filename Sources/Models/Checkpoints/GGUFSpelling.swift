// What llama.cpp calls a tensor of LLaVA: the way back from `GGUFNames`.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// Names for GGUF files that are written.
public enum GGUFSpelling {
  /// The name of the tensor with the canonical name `canonical` (`TensorNames`); nil where the format has
  /// none.
  public static func name(of canonical: String) -> String? {
    let words = canonical.split(atByte: UInt8(ascii: "."))
    guard words.count > 1 else { return nil }
    if words[0] == "projector" { return (["mm"] + words.dropFirst()).joined(separator: ".") }
    guard words[1] == "layers", words.count >= 5 else {
      return ends[canonical] ?? parted(words)
    }
    let table = words[0] == "vision" ? GGUFNames.blocks : GGUFNames.layers
    let middle = words[3..<words.count - 1].joined(separator: ".")
    guard let row = table.first(where: { $0.value == middle }), let end = words.last else {
      return nil
    }
    return "\(words[0] == "vision" ? "v." : "")blk.\(words[2]).\(row.key).\(end)"
  }

  private static let ends = [
    "language.embed_tokens.weight": "token_embd.weight",
    "language.norm.weight": "output_norm.weight", "language.lm_head.weight": "output.weight",
    "vision.class_embedding": "v.class_embd",
  ]

  /// Of a tower's parts before its blocks: their name, and `weight` or `bias`.
  private static func parted(_ words: [String]) -> String? {
    let names = [
      "patch_embedding": "patch_embd", "position_embedding": "position_embd",
      "pre_layernorm": "pre_ln", "post_layernorm": "post_ln",
    ]
    guard words.count == 3, words[0] == "vision", let name = names[words[1]] else { return nil }
    return "v.\(name).\(words[2])"
  }
}
