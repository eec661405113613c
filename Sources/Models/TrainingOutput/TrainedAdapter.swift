// An adapter that was trained, and what adapter_config.json says of it.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import JSON
import Tensors

/// The layout in which an adapter is saved.
public enum AdapterLayout: String, CaseIterable, Sendable {
  /// peft's, on transformers' LlavaForConditionalGeneration since 4.52, the projector inside.
  case peft
  /// LLaVA's own two files: pairs on a bare LLaMA's names, and what was trained beside them.
  case original = "llava"

  /// Throws `training/projector` where a projector that was trained has no form in this layout.
  public func check(_ projector: ProjectorConfig) throws(Failure) {
    guard self == .peft, projector.depth != 0, projector.depth != 2 else { return }
    throw Failure(
      .mismatch, code: "training/projector",
      "expected a projector of two layers (mlp2x_gelu), the only one that llava-hf has, beside an"
        + " adapter in peft's layout; found \(projector.typeName)",
      remedy: "write LLaVA's own two files instead: --adapter-layout llava")
  }

  var tensors: CheckpointLayout { self == .peft ? .huggingFace5 : .original }

  /// The file that describes the model. Not config.json in peft's layout: transformers takes a
  /// directory that has one for a whole model's, and looks for its weights there.
  var descriptionName: String { self == .peft ? "llava_config.json" : "config.json" }

  /// What peft's wrappers put before every name.
  var prefix: String { "base_model.model." }
}

/// The trained low-rank pairs, F32, and their scale.
public struct TrainedAdapter: Sendable {
  public var parameters: AdapterParameters<Tensor>
  public var scale: AdapterScale
  /// The dropout rate of the pairs' inputs in training.
  public var dropout: Double
  /// What the base is called: the name in a hub or the path that loads it.
  public var baseName: String

  public init(
    parameters: AdapterParameters<Tensor>, scale: AdapterScale, dropout: Double, baseName: String
  ) {
    (self.parameters, self.scale) = (parameters, scale)
    (self.dropout, self.baseName) = (dropout, baseName)
  }

  /// The layers that are adapted, by their last names in a fixed order.
  private var modules: [String] {
    let order = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    let found = Set(
      parameters.named.compactMap { name, _ in name.split(separator: ".").dropLast(2).last })
    return order.filter { found.contains(Substring($0)) }
  }

  /// adapter_config.json (reference: peft's LoraConfig). Only keys that peft has had from its first
  /// versions on: older ones refuse what they do not know.
  func settings(_ layout: AdapterLayout, savesProjector: Bool) -> JSONObject {
    var settings: JSONObject = [
      "base_model_name_or_path": .string(baseName), "bias": .string("none"),
      "fan_in_fan_out": .bool(false), "inference_mode": .bool(true),
      "init_lora_weights": .bool(true), "layers_pattern": .null, "layers_to_transform": .null,
      "lora_alpha": scale.alpha == scale.alpha.rounded() && scale.alpha < 1e15
        ? .int(Int(scale.alpha)) : .double(scale.alpha),
      "lora_dropout": .double(dropout), "modules_to_save": .null, "peft_type": .string("LORA"),
    ]
    if savesProjector, layout == .peft {
      settings["modules_to_save"] = .array([.string("multi_modal_projector")])
    }
    settings["r"] = .int(scale.rank)
    settings["revision"] = .null
    switch layout {
    // A list of last names would reach the vision tower, too.
    case .peft:
      settings["target_modules"] = .string(
        ".*language_model.*\\.(\(modules.joined(separator: "|")))")
    case .original: settings["target_modules"] = .array(modules.map(JSONValue.string))
    }
    settings["task_type"] = .string("CAUSAL_LM")
    if scale.isRankStabilized { settings["use_rslora"] = .bool(true) }
    return settings
  }
}
