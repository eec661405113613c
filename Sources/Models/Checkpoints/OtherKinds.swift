// Kinds of weights that are not a model's own: named, with the way to one.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// What a directory or a configuration holds in place of a model's weights.
enum OtherKind {
  /// Why `directory` has no weights that can be used; nil where nothing in it tells. Throws what the
  /// system refuses.
  static func refusal(of directory: Directory) throws(Failure) -> Failure? {
    guard
      let names = try ifUsable({ () throws(Failure) in try directory.entries(limit: 10_000) }),
      let kind = kinds.first(where: { kind in names.contains(where: kind.holds) })
    else { return nil }
    return Failure(
      .invalidInput, code: "checkpoint/\(kind.code)", at: directory.path,
      "expected a model's weights, found \(kind.found)", remedy: kind.remedy)
  }

  /// `method` is what the checkpoint says of itself.
  static func quantised(_ method: String, at place: String) -> Failure {
    Failure(
      .mismatch, code: "checkpoint/quantised", at: place,
      "expected weights in F32, F16 or BF16, found quantised ones (\(method))",
      remedy: "take the edition of the model that they were made from")
  }

  /// The code's second half, what was found, what to do, and the names of files that tell.
  private typealias Kind = (
    code: String, found: String, remedy: String, holds: @Sendable (String) -> Bool
  )

  private static let kinds: [Kind] = [
    (
      "adapter", "a LoRA adapter (adapter_config.json)",
      "name its base model, and this with --lora of vicuna-decode; where it holds a projector, with"
        + " --projector too", { $0 == WeightFiles.adapterConfig }
    ),
    (
      "quantised", "quantised ones (quant_config.json or quantize_config.json beside them)",
      "take the edition of the model that they were made from",
      { ["quant_config.json", "quantize_config.json"].contains($0) }
    ),
    (
      "consolidated", "Meta's own files (consolidated.*.pth)",
      "take the edition for transformers, or convert them with its convert_llama_weights_to_hf.py",
      { $0.hasPrefix("consolidated.") }
    ),
    (
      "optimizer", "the state of a trainer (DeepSpeed's or an optimizer's)",
      "name the directory that training ended with, or make weights of the state with the"
        + " zero_to_fp32.py beside it",
      { name in
        ["optimizer.pt", "optimizer.bin", "scheduler.pt", "zero_to_fp32.py"].contains(name)
          || name.hasPrefix("zero_pp_rank_") || name.hasPrefix("global_step")
          || name.ends(withBytesOf: "_optim_states.pt")
          || name.ends(withBytesOf: "_model_states.pt")
      }
    ),
    (
      "shards", "shards without their index",
      "fetch the index beside them (model.safetensors.index.json or"
        + " pytorch_model.bin.index.json)",
      { name in
        ["model-0", "pytorch_model-0"].contains(where: name.hasPrefix)
          && [".safetensors", ".bin"].contains(where: name.ends(withBytesOf:))
      }
    ),
    (
      "checkpoints", "the directory of a training run (checkpoint-…)",
      "name one of the directories in it", { $0.hasPrefix("checkpoint-") }
    ),
    (
      "cache", "the hub's cache of a model (snapshots)",
      "name the model as ORG/NAME, or one of the directories in snapshots", { $0 == "snapshots" }
    ),
    (
      "framework", "weights for TensorFlow or JAX", "take the edition for PyTorch or safetensors",
      { $0.ends(withBytesOf: ".h5") || $0.ends(withBytesOf: ".msgpack") }
    ),
  ]
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
