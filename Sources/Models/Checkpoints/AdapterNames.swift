// The names that tensors have in adapters: those of the adapted model, wrapped by peft.
// SPDX-License-Identifier: Apache-2.0

/// Reads the names that peft gives to an adapter's tensors and to modules trained beside it
/// (reference: `get_peft_model_state_dict`).
enum AdapterNames {
  /// What peft's two wrappers put before every name of the model that they wrap.
  static let prefix = "base_model.model."

  /// What a wrapper puts into a name when the model's whole state is saved, and not the adapter's:
  /// the adapter has a name there, `default` unless somebody chose another.
  private static let infixes = [
    (".modules_to_save.default.", "."), (".lora_A.default.", ".lora_A."),
    (".lora_B.default.", ".lora_B."),
  ]

  /// The linear layers that may be adapted, with the block that each is in.
  static let modules = [
    "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
    "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj",
  ]

  /// The name in the wrapped model; nil where `name` is not of an adapter.
  static func unwrapped(_ name: String) -> String? {
    guard name.hasPrefix(prefix) else { return nil }
    var inner = String(name.dropFirst(prefix.count))
    for (infix, plain) in infixes {
      guard let range = inner.firstRange(of: infix) else { continue }
      inner.replaceSubrange(range, with: plain)
    }
    return inner
  }

  /// What an adapter's tensor is.
  enum Meaning: Equatable {
    /// Half of a pair: `language.layers.0.mlp.up_proj.lora_A.weight`.
    case pair(String)
    /// A tensor of a projector that was trained beside it, by its canonical name.
    case projector(String)
    /// All else, with what people call the place where it belongs.
    case foreign(place: String)
  }

  static func meaning(of name: String) -> Meaning {
    let inner = unwrapped(name) ?? name
    guard let canonical = TensorNames.plain(inner) ?? bareDecoder(inner) else {
      return .foreign(place: "something that is not part of LLaVA")
    }
    let isAdapted = canonical.firstRange(of: ".lora_") != nil
    if canonical.hasPrefix("language."), isPair(canonical) { return .pair(canonical) }
    if canonical.hasPrefix("projector."), !isAdapted { return .projector(canonical) }
    let part = ModelPart.allCases.first { canonical.hasPrefix("\($0.rawValue).") }
    return .foreign(place: "the \(part?.name ?? "model")")
  }

  /// The decoder that was wrapped without its output layer has no `model.` before its layers.
  private static func bareDecoder(_ name: String) -> String? {
    for prefix in ["language_model.layers.", "layers."] where name.hasPrefix(prefix) {
      return "language.layers." + name.dropFirst(prefix.count)
    }
    return nil
  }

  private static func isPair(_ canonical: String) -> Bool {
    let words = canonical.split(separator: ".", omittingEmptySubsequences: false)
    guard words.count == 7, words[1] == "layers", let layer = Int(words[2]), layer >= 0,
      String(layer) == words[2]
    else { return false }
    return modules.contains("\(words[3]).\(words[4])") && ["lora_A", "lora_B"].contains(words[5])
      && words[6] == "weight"
  }
}
