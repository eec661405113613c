// Kinds of weights that are not a model's own: named, with the way to one.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// What a directory holds instead of a model's weights.
enum OtherKind {
  /// Why `directory` has no weights that can be used; nil where nothing in it tells.
  static func refusal(of directory: Directory) -> Failure? {
    if directory.contains("adapter_config.json") {
      return Failure(
        .invalidInput, code: "checkpoint/adapter", at: directory.path,
        "expected a model's weights, found a LoRA adapter (adapter_config.json)",
        remedy: "merge it into the base model that adapter_config.json names"
          + " (merge_and_unload of peft), save that and name its directory")
    }
    for name in ["quant_config.json", "quantize_config.json"] where directory.contains(name) {
      return quantised("\(name) beside the weights", at: directory.path)
    }
    return nil
  }

  /// `method` is what the checkpoint says of itself.
  static func quantised(_ method: String, at place: String) -> Failure {
    Failure(
      .mismatch, code: "checkpoint/quantised", at: place,
      "expected weights in F32, F16 or BF16, found quantised ones (\(method))",
      remedy: "take the edition of the model that they were made from")
  }
}

extension ConfigReader {
  /// How the weights were quantised; nil where the configuration does not say that they were.
  var quantisation: String? {
    guard let settings = value("quantization_config")?.object else { return nil }
    let method = settings["quant_method"]?.string
    if let method { return escapedForTerminal(String(method.prefix(64))) }
    let isBitsAndBytes = ["load_in_4bit", "load_in_8bit"].contains { settings[$0]?.bool == true }
    return isBitsAndBytes ? "bitsandbytes" : "quantization_config"
  }
}
