// What a trained part says of the model that it belongs to: LLaVA's own config.json.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Conversion
import JSON

/// The model that a projector or an adapter was trained for, and the settings.
public struct ModelDescription: Sendable {
  public var language: LanguageConfig
  /// Nil if the model takes no images.
  public var projector: ProjectorConfig?
  /// The feature layer, the class token, padding, marks, the tower's name.
  public var settings: ModelConfig
  /// What the run records of itself, the member `llava_tools`: template, recipe, digests, parents.
  public var record: JSONObject

  public init(
    language: LanguageConfig, projector: ProjectorConfig?, settings: ModelConfig,
    record: JSONObject
  ) {
    (self.language, self.projector) = (language, projector)
    (self.settings, self.record) = (settings, record)
  }

  /// config.json in the layout of LLaVA's own code, which loads a projector or an adapter onto a bare
  /// language model by it (reference: llava.md 4.7, 5.5). `tunesProjectorOnly`: the first stage.
  func configuration(tunesProjectorOnly: Bool) -> JSONObject {
    var config: JSONObject = [
      "architectures": .array([.string("LlavaLlamaForCausalLM")]),
      "model_type": .string("llava_llama"),
    ]
    for (key, value) in language.configuration.members { config[key] = value }
    if let projector {
      for (key, value) in settings.configuration(projector).members { config[key] = value }
    }
    config["tune_mm_mlp_adapter"] = .bool(tunesProjectorOnly)
    config["freeze_mm_mlp_adapter"] = .bool(false)
    // LLaVA takes a missing one for true, and adds the token.
    config["mm_use_im_patch_token"] = .bool(false)
    config["llava_tools"] = .object(record)
    return config
  }
}
