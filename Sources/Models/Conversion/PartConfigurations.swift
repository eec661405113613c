// How configurations are written: the members that a language model and LLaVA's own code have.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import JSON

extension LanguageConfig {
  /// The members of transformers' LlamaConfig, every one spelt out: defaults differ between versions.
  package var configuration: JSONObject {
    var members: JSONObject = [
      "hidden_size": .int(width), "intermediate_size": .int(intermediateWidth),
      "num_hidden_layers": .int(layers), "num_attention_heads": .int(heads),
      "num_key_value_heads": .int(keyValueHeads), "head_dim": .int(headWidth),
      "hidden_act": .string("silu"), "attention_bias": .bool(false), "mlp_bias": .bool(false),
      "attention_dropout": .double(0), "initializer_range": .double(0.02),
      "pretraining_tp": .int(1), "max_position_embeddings": .int(maxPositions),
      "rms_norm_eps": .double(epsilon), "rope_theta": .double(ropeTheta),
    ]
    // Two members: transformers before 4.40 refuses more.
    members["rope_scaling"] =
      ropeFactor == 1
      ? .null : .object(["type": .string("linear"), "factor": .double(ropeFactor)])
    members["bos_token_id"] = beginToken.map(JSONValue.int) ?? .null
    let ends = endTokens.map(JSONValue.int)
    members["eos_token_id"] = ends.count == 1 ? ends[0] : .array(ends)
    members["tie_word_embeddings"] = .bool(tiesEmbeddings)
    members["use_cache"] = .bool(true)
    members["vocab_size"] = .int(vocabulary)
    return members
  }
}

extension ModelConfig {
  /// The members that LLaVA's own code adds for `projector` (reference: llava.md 6.1).
  package func configuration(_ projector: ProjectorConfig) -> JSONObject {
    var members: JSONObject = [
      "use_mm_proj": .bool(true), "mm_projector_type": .string(projector.typeName),
      "mm_hidden_size": .int(projector.inputWidth),
    ]
    members["mm_vision_tower"] = visionTowerName.map(JSONValue.string)
    members["mm_vision_select_layer"] = .int(featureLayer)
    members["mm_vision_select_feature"] = .string(keepsClassToken ? "cls_patch" : "patch")
    members["mm_patch_merge_type"] = .string("flat")
    members["image_aspect_ratio"] = .string(padsToSquare == true ? "pad" : "square")
    members["mm_use_im_start_end"] = .bool(marksImages)
    return members
  }
}
