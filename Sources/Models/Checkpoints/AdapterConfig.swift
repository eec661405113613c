// What an adapter's adapter_config.json says, and what of that is not computed here.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// The settings of a low-rank adapter (reference: peft's LoraConfig).
public struct AdapterConfig: Equatable, Sendable {
  public var scale: AdapterScale
  /// What was adapted, as the trainer called it: a name in a hub or a path of its machine.
  public var baseName: String?

  /// Ranks above this are a mistake or an attack.
  static let rankLimit = 1 << 16

  /// Reads `object`, found at `place`. Throws `.mismatch` with everything that is wrong or that is
  /// not computed here, code `checkpoint/config`.
  init(_ object: JSONObject, place: String) throws(Failure) {
    let problems = ConfigProblems()
    let reader = ConfigReader(object: object, prefix: "", problems: problems)
    if reader.value("peft_type") == nil { problems.add("peft_type is missing; supported: LORA") }
    reader.require("peft_type", oneOf: ["LORA"])
    scale = AdapterScale(
      rank: reader.count("r", default: 8, limit: Self.rankLimit),
      alpha: reader.real("lora_alpha", default: 8, in: 1e-6...1e6),
      isRankStabilized: reader.flag("use_rslora", default: false))
    baseName = reader.object["base_model_name_or_path"]?.string
    reader.require("bias", oneOf: ["none"])
    for (key, meaning) in Self.refused { reader.requireNothing(key, meaning) }
    Self.checkStart(reader)
    Self.checkSavedModules(reader)
    try problems.throwIfAny(at: place)
  }

  /// Settings that change what an adapter computes, and what they ask for. All are off by default.
  private static let refused: KeyValuePairs = [
    "use_dora": "DoRA", "fan_in_fan_out": "weights stored transposed",
    "rank_pattern": "ranks of their own for some layers",
    "alpha_pattern": "alphas of their own for some layers",
    "layers_to_transform": "some layers only", "layer_replication": "repeated layers",
    "lora_bias": "biases in the pairs", "target_parameters": "parameters outside linear layers",
    "trainable_token_indices": "trained rows of the embedding",
    "alora_invocation_tokens": "activation by tokens", "use_qalora": "QALoRA",
    "use_bdlora": "block-diagonal LoRA", "arrow_config": "routing among adapters",
    "kasa_config": "KaSA", "velora_config": "VeLoRA", "monteclora_config": "MonteCLoRA",
    "megatron_config": "Megatron's layers",
  ]

  /// Some ways to begin take a part away from the base's own weights, and peft does so again when it
  /// loads the adapter.
  private static func checkStart(_ reader: ConfigReader) {
    guard let value = reader.value("init_lora_weights"), value.bool == nil else { return }
    guard let name = value.string, ["gaussian", "eva", "orthogonal"].contains(name) else {
      reader.problems.add(
        "init_lora_weights \(reader.shown(value)) is not supported: it changes the base model")
      return
    }
  }

  private static func checkSavedModules(_ reader: ConfigReader) {
    guard let value = reader.value("modules_to_save") else { return }
    guard let modules = value.array else {
      reader.problems.add("modules_to_save must be a list, not \(reader.shown(value))")
      return
    }
    for module in modules {
      let last = module.string.map { $0.split(atByte: UInt8(ascii: ".")).last ?? "" }
      guard let last, ["multi_modal_projector", "mm_projector"].contains(last) else {
        reader.problems.add(
          "modules_to_save has \(reader.shown(module)); supported: multi_modal_projector")
        return
      }
    }
  }
}

extension ConfigReader {
  /// Refuses a setting that is anything but null, false or empty; `meaning` is what it asks for.
  fileprivate func requireNothing(_ key: String, _ meaning: String) {
    guard let value = value(key), value != .bool(false), value.array?.isEmpty != true,
      value.object?.members.isEmpty != true
    else { return }
    problems.add("\(key) \(shown(value)) is not supported (\(meaning))")
  }
}
