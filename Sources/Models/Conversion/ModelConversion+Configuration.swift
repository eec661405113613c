// The configurations of the result, with every key spelt out: defaults differ between versions.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import JSON
import Operations
import Tensors

extension ModelConversion {
  /// config.json. Throws what reading the language model's head throws.
  func configuration() throws(Failure) -> JSONObject {
    let isTied = try tiesEmbeddings()
    var config =
      options.layout == .huggingFace
      ? transformersConfiguration(isTied) : originalConfiguration(isTied)
    config["llava_tools"] = options.record.map(JSONValue.object)
    return config
  }

  /// LlavaConfig of transformers (reference: llava.md 6.2, configuration_llava.py).
  private func transformersConfiguration(_ isTied: Bool) -> JSONObject {
    var config: JSONObject = [
      "architectures": .array([.string("LlavaForConditionalGeneration")]),
      "model_type": .string("llava"), "ignore_index": .int(-100),
    ]
    config["image_token_index"] = vocabulary.imageToken.map(JSONValue.int)
    config["image_seq_length"] = source.vision.map { .int($0.rowsPerImage) }
    config["pad_token_id"] = .int(vocabulary.padToken)
    config["bos_token_id"] = beginToken
    config["eos_token_id"] = endToken
    config["projector_hidden_act"] = .string("gelu")
    config["multimodal_projector_bias"] = .bool(true)
    config["vision_feature_layer"] = .int(source.settings.featureLayer)
    config["vision_feature_select_strategy"] = strategy
    if source.settings.marksImages { config["mm_use_im_start_end"] = .bool(true) }
    config["tie_word_embeddings"] = .bool(isTied)
    config["torch_dtype"] = .string(typeName)
    config["vocab_size"] = .int(vocabulary.rows)
    var text: JSONObject = ["model_type": .string("llama")]
    text["architectures"] = .array([.string("LlamaForCausalLM")])
    for (key, value) in languageMembers(isTied).members { text[key] = value }
    config["text_config"] = .object(text)
    config["vision_config"] = source.vision.map { .object(visionMembers($0.config)) }
    return config
  }

  /// LLaVA's own (reference: llava.md 6.1).
  private func originalConfiguration(_ isTied: Bool) -> JSONObject {
    var settings = source.settings
    var config: JSONObject = [
      "architectures": .array([.string("LlavaLlamaForCausalLM")]),
      "model_type": .string("llava_llama"),
    ]
    for (key, value) in languageMembers(isTied).members { config[key] = value }
    settings.visionTowerName = towerName
    settings.padsToSquare =
      source.vision.map { $0.preprocessor.aspect == .pad } ?? settings.padsToSquare
    for (key, value) in settings.configuration(source.projector).members { config[key] = value }
    let hasPatch = source.tokenizer?.tokenizer.id(ofSpecial: "<im_patch>") != nil
    config["mm_use_im_patch_token"] = .bool(hasPatch)
    config["tune_mm_mlp_adapter"] = .bool(false)
    config["freeze_mm_mlp_adapter"] = .bool(false)
    config["unfreeze_mm_vision_tower"] = .bool(source.vision != nil)
    // LLaVA takes it from the tower's own directory; kept for those whose tower has no name.
    config["vision_config"] = source.vision.map { .object(visionMembers($0.config)) }
    return config
  }

  /// Where LLaVA's code finds a tower of this shape; nil where nobody published one.
  var towerName: String? {
    guard let vision = source.vision?.config else { return source.settings.visionTowerName }
    let large = (1024, 4096, 24, 16, 14)
    let shape = (
      vision.width, vision.intermediateWidth, vision.layers, vision.heads, vision.patchSize
    )
    if shape == large, vision.activation == .quickGELU {
      if vision.imageSize == 336 { return "openai/clip-vit-large-patch14-336" }
      if vision.imageSize == 224 { return "openai/clip-vit-large-patch14" }
    }
    return source.settings.visionTowerName
  }

  /// What both layouts say of the language model.
  private func languageMembers(_ isTied: Bool) -> JSONObject {
    var members = source.language.config.configuration
    members["pad_token_id"] = .int(vocabulary.padToken)
    members["tie_word_embeddings"] = .bool(isTied)
    members["torch_dtype"] = .string(typeName)
    members["use_cache"] = .bool(true)
    members["vocab_size"] = .int(vocabulary.rows)
    return members
  }

  /// CLIPVisionConfig of transformers.
  private func visionMembers(_ vision: VisionConfig) -> JSONObject {
    [
      "model_type": .string("clip_vision_model"), "hidden_size": .int(vision.width),
      "intermediate_size": .int(vision.intermediateWidth), "num_hidden_layers": .int(vision.layers),
      "num_attention_heads": .int(vision.heads), "num_channels": .int(VisionConfig.channels),
      "image_size": .int(vision.imageSize), "patch_size": .int(vision.patchSize),
      // Of CLIP's other half, which LLaVA has not.
      "projection_dim": .int(768),
      "hidden_act": .string(vision.activation == .quickGELU ? "quick_gelu" : "gelu"),
      "layer_norm_eps": .double(vision.epsilon), "attention_dropout": .double(0),
      "initializer_factor": .double(1), "initializer_range": .double(0.02),
    ]
  }

  /// processor_config.json: LlavaProcessor counts an image's tokens by it.
  var processor: JSONObject {
    [
      "processor_class": .string("LlavaProcessor"),
      "image_token": .string(VocabularyPlan.imageName),
      "num_additional_image_tokens": .int(1),
      "patch_size": .int(source.vision?.config.patchSize ?? 14),
      "vision_feature_select_strategy": strategy,
    ]
  }

  /// generation_config.json: the source's own, with the tokens as they are now.
  var generationConfiguration: JSONObject {
    var config = source.generation ?? [:]
    config["bos_token_id"] = beginToken
    config["eos_token_id"] = endToken
    config["pad_token_id"] = .int(vocabulary.padToken)
    return config
  }

  private var strategy: JSONValue {
    .string(source.settings.keepsClassToken ? "full" : "default")
  }

  private var beginToken: JSONValue {
    source.language.config.configuration["bos_token_id"] ?? .null
  }

  private var endToken: JSONValue {
    source.language.config.configuration["eos_token_id"] ?? .null
  }

  /// A head of its own unties what the configuration ties: transformers would drop it.
  private func tiesEmbeddings() throws(Failure) -> Bool {
    guard source.language.config.tiesEmbeddings else { return false }
    if let trained = source.trained?.language { return trained.output == nil }
    return try !source.language.hasOwnHead()
  }

  /// torch's name of the language model's type, which loaders cast all parts to.
  private var typeName: String {
    let entry = source.language.weights.entry("language.embed_tokens.weight")
    return switch options.elementType ?? entry?.elementType {
    case .f16: "float16"
    case .bf16: "bfloat16"
    default: "float32"
    }
  }
}
