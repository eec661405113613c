// What the configurations of published models say, put together from facts about each.
// SPDX-License-Identifier: Apache-2.0

/// Texts of config.json (reference: llava.md 6, and public quotations of the files).
enum PublishedConfigs {
  /// An object of `members`, each the text between braces.
  static func object(_ members: String...) -> String {
    "{" + members.filter { !$0.isEmpty }.joined(separator: ",") + "}"
  }

  /// The decoder's keys.
  static func llama(
    _ shape: PublishedTensors.Llama, heads: Int, positions: Int = 4096, epsilon: String = "1e-05"
  ) -> String {
    """
    "hidden_act":"silu","hidden_size":\(shape.width),"initializer_range":0.02,\
    "intermediate_size":\(shape.intermediateWidth),"num_attention_heads":\(heads),\
    "num_hidden_layers":\(shape.layers),"num_key_value_heads":\(heads),\
    "max_position_embeddings":\(positions),"rms_norm_eps":\(epsilon),"rope_scaling":null,\
    "vocab_size":\(shape.rows),"bos_token_id":1,"eos_token_id":2,"pad_token_id":0,\
    "pretraining_tp":1,"tie_word_embeddings":false,"torch_dtype":"float16",\
    "transformers_version":"4.31.0","use_cache":true
    """
  }

  /// What LLaVA 1.5 adds, in the original layout.
  static let llava15 = """
    "_name_or_path":"llava-v1.5","architectures":["LlavaLlamaForCausalLM"],"model_type":"llava",\
    "freeze_mm_mlp_adapter":false,"freeze_mm_vision_resampler":false,"image_aspect_ratio":"pad",\
    "max_length":4096,"mm_hidden_size":1024,"mm_projector_type":"mlp2x_gelu",\
    "mm_resampler_type":null,"mm_use_im_patch_token":false,"mm_use_im_start_end":false,\
    "mm_vision_select_feature":"patch","mm_vision_select_layer":-2,\
    "mm_vision_tower":"openai/clip-vit-large-patch14-336","tune_mm_mlp_adapter":false,\
    "tune_mm_vision_resampler":false,"unfreeze_mm_vision_tower":false,"use_mm_proj":true
    """

  /// What the first LLaVAs add: no type of projector, and images between marks.
  static func llava0(modelType: String, architecture: String) -> String {
    """
    "architectures":["\(architecture)"],"model_type":"\(modelType)","max_sequence_length":2048,\
    "mm_hidden_size":1024,"mm_use_im_start_end":true,"mm_vision_select_layer":-2,\
    "mm_vision_tower":"openai/clip-vit-large-patch14","sep_image_conv_front":false,\
    "tune_mm_mlp_adapter":false,"use_mm_proj":true
    """
  }

  static let vicuna = """
    "_name_or_path":"vicuna-7b-v1.5","architectures":["LlamaForCausalLM"],"model_type":"llama",\
    "max_length":4096
    """

  private static let tower = """
    "hidden_size":1024,"image_size":336,"intermediate_size":4096,"model_type":"clip_vision_model",\
    "num_attention_heads":16,"num_hidden_layers":24,"patch_size":14,"projection_dim":768
    """

  /// llava-hf's; the decoder says only where it differs from LlamaConfig's defaults.
  static func huggingFace(decoder: String = "") -> String {
    let text = object(
      #""_name_or_path":"lmsys/vicuna-7b-v1.5","architectures":["LlamaForCausalLM"]"#,
      #""max_position_embeddings":4096,"model_type":"llama","rms_norm_eps":1e-05"#,
      #""torch_dtype":"float16","vocab_size":32064"#, decoder)
    return object(
      #""architectures":["LlavaForConditionalGeneration"],"ignore_index":-100"#,
      #""image_token_index":32000,"model_type":"llava","pad_token_id":32001"#,
      #""projector_hidden_act":"gelu","text_config":\#(text),"tie_word_embeddings":false"#,
      #""torch_dtype":"float16","transformers_version":"4.36.0.dev0""#,
      #""vision_config":{\#(tower),"vocab_size":32000},"vision_feature_layer":-2"#,
      #""vision_feature_select_strategy":"default","vocab_size":32064"#)
  }

  /// What the 13B edition's decoder says besides.
  static let decoder13B = """
    "hidden_size":5120,"intermediate_size":13824,"num_attention_heads":40,"num_hidden_layers":40,\
    "num_key_value_heads":40,"max_length":4096,"pad_token_id":0
    """

  /// OpenAI's CLIP, with both towers.
  static func clip(side: Int) -> String {
    let text = object(
      #""hidden_act":"quick_gelu","hidden_size":768,"intermediate_size":3072"#,
      #""layer_norm_eps":1e-05,"max_position_embeddings":77,"model_type":"clip_text_model""#,
      #""num_attention_heads":12,"num_hidden_layers":12,"vocab_size":49408"#)
    let vision = object(
      #""hidden_act":"quick_gelu","hidden_size":1024,"image_size":\#(side)"#,
      #""intermediate_size":4096,"layer_norm_eps":1e-05,"model_type":"clip_vision_model""#,
      #""num_attention_heads":16,"num_hidden_layers":24,"patch_size":14"#)
    return object(
      #""_name_or_path":"openai/clip-vit-large-patch14","architectures":["CLIPModel"]"#,
      #""initializer_factor":1.0,"logit_scale_init_value":2.6592,"model_type":"clip""#,
      #""projection_dim":768,"text_config":\#(text),"text_config_dict":\#(text)"#,
      #""torch_dtype":"float32","vision_config":\#(vision)"#)
  }

  /// OpenAI's older spelling of the image settings.
  static func preprocessor(side: Int) -> String {
    """
    {"crop_size":\(side),"do_center_crop":true,"do_normalize":true,"do_resize":true,\
    "feature_extractor_type":"CLIPFeatureExtractor","image_mean":[0.48145466,0.4578275,0.40821073],\
    "image_std":[0.26862954,0.26130258,0.27577711],"resample":3,"size":\(side)}
    """
  }

  /// llava-hf's.
  static let newPreprocessor = """
    {"crop_size":{"height":336,"width":336},"do_center_crop":true,"do_convert_rgb":true,\
    "do_normalize":true,"do_rescale":true,"do_resize":true,\
    "image_mean":[0.48145466,0.4578275,0.40821073],"image_processor_type":"CLIPImageProcessor",\
    "image_std":[0.26862954,0.26130258,0.27577711],"processor_class":"LlavaProcessor",\
    "resample":3,"rescale_factor":0.00392156862745098,"size":{"shortest_edge":336}}
    """

  /// Vicuna's and LLaVA's.
  static let generation = """
    {"_from_model_config":true,"bos_token_id":1,"eos_token_id":2,"max_length":4096,\
    "pad_token_id":0,"temperature":0.9,"top_p":0.6,"transformers_version":"4.31.0"}
    """
}
