// Published models that do not run here, by what their configurations say, each told what it lacks.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct RefusedFamilyTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let model: String
    let config: String
    var code = "checkpoint/family"
    /// What the message must name.
    let words: [String]
    var testDescription: String { model }
  }

  private static let tiles = """
    "image_aspect_ratio":"anyres","mm_patch_merge_type":"spatial_unpad",\
    "image_grid_pinpoints":[[336,672],[672,336],[672,672],[1008,336],[336,1008]],\
    "mm_hidden_size":1024,"mm_projector_type":"mlp2x_gelu","mm_vision_select_layer":-2,\
    "mm_vision_tower":"openai/clip-vit-large-patch14-336"
    """
  private static let clip =
    #"{"model_type":"clip_vision_model","hidden_size":1024,"image_size":336}"#
  private static let siglip = """
    {"model_type":"siglip_vision_model","hidden_size":1152,"image_size":384,"patch_size":14,\
    "intermediate_size":4304,"num_hidden_layers":27,"num_attention_heads":16}
    """
  private static let llama31 = """
    {"model_type":"llama","vocab_size":128256,"hidden_size":4096,"rope_theta":500000.0,\
    "rope_scaling":{"factor":8.0,"high_freq_factor":4.0,"low_freq_factor":1.0,\
    "original_max_position_embeddings":8192,"rope_type":"llama3"}}
    """

  static let families = [
    Row(
      model: "liuhaotian/llava-v1.6-vicuna-7b",
      config: #"{"model_type":"llava","architectures":["LlavaLlamaForCausalLM"],\#(tiles)}"#,
      words: ["LLaVA 1.6", "anyres", "image_newline"]),
    Row(
      model: "llava-hf/llava-v1.6-vicuna-7b-hf",
      config: """
        {"model_type":"llava_next","architectures":["LlavaNextForConditionalGeneration"],\
        "image_grid_pinpoints":[[336,672]],"text_config":{"model_type":"llama","vocab_size":32064},\
        "vision_config":\(clip)}
        """, words: ["LLaVA 1.6", "anyres"]),
    Row(
      model: "liuhaotian/llava-v1.6-mistral-7b",
      config:
        #"{"model_type":"llava_mistral","architectures":["LlavaMistralForCausalLM"],\#(tiles)}"#,
      words: ["LLaVA 1.6 on Mistral", "anyres"]),
    Row(
      model: "llava-hf/llava-v1.6-mistral-7b-hf",
      config: """
        {"model_type":"llava_next","image_grid_pinpoints":[[336,672]],\
        "text_config":{"model_type":"mistral","num_key_value_heads":8},"vision_config":\(clip)}
        """, words: ["LLaVA 1.6 on Mistral"]),
    Row(
      model: "liuhaotian/llava-v1.6-34b",
      config: """
        {"model_type":"llava","architectures":["LlavaLlamaForCausalLM"],"hidden_size":7168,\
        "num_hidden_layers":60,"vocab_size":64000,\(tiles)}
        """, words: ["LLaVA 1.6", "anyres"]),
    Row(
      model: "lmms-lab/llama3-llava-next-8b",
      config: #"{"model_type":"llava_llama","vocab_size":128256,\#(tiles)}"#,
      words: ["Llama 3", "byte-level", "anyres"]),
    Row(
      model: "llava-hf/llava-onevision-qwen2-7b-ov-hf",
      config: """
        {"model_type":"llava_onevision","text_config":{"model_type":"qwen2"},\
        "vision_config":\(siglip)}
        """, words: ["LLaVA-OneVision", "SigLIP", "Qwen2"]),
    Row(
      model: "lmms-lab/llava-onevision-qwen2-7b-ov",
      config: """
        {"model_type":"llava","architectures":["LlavaQwenForCausalLM"],\
        "image_aspect_ratio":"anyres_max_9","mm_projector_type":"mlp2x_gelu",\
        "mm_vision_tower":"google/siglip-so400m-patch14-384"}
        """, words: ["anyres"]),
    Row(
      model: "fancyfeast/llama-joycaption-beta-one-hf-llava",
      config: """
        {"model_type":"llava","architectures":["LlavaForConditionalGeneration"],\
        "text_config":\(llama31),"vision_config":\(siglip),\
        "vision_feature_select_strategy":"full","image_token_index":128077}
        """, words: ["JoyCaption", "SigLIP", "Llama 3"]),
    Row(
      model: "xtuner/llava-llama-3-8b-v1_1-transformers",
      config: """
        {"model_type":"llava","text_config":{"model_type":"llama","vocab_size":128320},\
        "vision_config":\(clip)}
        """, words: ["Llama 3", "byte-level"]),
    Row(
      model: "llava-hf/llava-interleave-qwen-7b-hf",
      config:
        #"{"model_type":"llava","text_config":{"model_type":"qwen2"},"vision_config":\#(siglip)}"#,
      words: ["Qwen2's decoder"]),
    Row(
      model: "SkunkworksAI/BakLLaVA-1",
      config: """
        {"model_type":"llava_mistral","mm_projector_type":"mlp2x_gelu","sliding_window":4096,\
        "image_aspect_ratio":"pad"}
        """, code: "checkpoint/config", words: ["sliding_window 4096", "window of attention"]),
    Row(
      model: "xtuner/llava-phi-3-mini-hf",
      config:
        #"{"model_type":"llava","text_config":{"model_type":"phi3"},"vision_config":\#(clip)}"#,
      words: ["Phi 3"]),
    Row(
      model: "llava-hf/vip-llava-7b-hf",
      config: """
        {"model_type":"vipllava","vision_feature_layers":[-2,-5,-8,-11,6],\
        "text_config":{"model_type":"llama"},"vision_config":\(clip)}
        """, words: ["ViP-LLaVA"]),
    Row(
      model: "liuhaotian/LLaVA-Lightning-MPT-7B-preview",
      config: #"{"model_type":"llava_mpt","mm_hidden_size":1024}"#, words: ["MPT"]),
    Row(
      model: "google/siglip-so400m-patch14-384",
      config: #"{"model_type":"siglip","vision_config":\#(siglip)}"#, words: ["SigLIP"]),
    Row(
      model: "meta-llama/Meta-Llama-3-8B-Instruct",
      config: #"{"model_type":"llama","vocab_size":128256,"rope_theta":500000.0}"#,
      words: ["Llama 3", "byte-level"]),
    Row(
      model: "meta-llama/Llama-3.1-8B-Instruct", config: llama31, words: ["scaling of positions"]),
    Row(
      model: "Qwen/Qwen2-7B-Instruct", config: #"{"model_type":"qwen2","vocab_size":152064}"#,
      words: ["Qwen2's decoder", "byte-level"]),
    Row(
      model: "mistralai/Mistral-7B-v0.1",
      config: #"{"model_type":"mistral","sliding_window":4096}"#, code: "checkpoint/config",
      words: ["sliding_window 4096"]),
    Row(
      model: "mistralai/Mistral-7B-v0.1", config: #"{"model_type":"mistral"}"#,
      code: "checkpoint/config", words: ["sliding_window 4096"]),
    Row(model: "google/gemma-2b", config: #"{"model_type":"gemma"}"#, words: ["Gemma"]),
  ]

  /// What is quantised, and what nobody has told us of.
  static let others = [
    Row(
      model: "TheBloke/vicuna-7B-v1.5-AWQ",
      config: quantised(#"{"quant_method":"awq","bits":4,"group_size":128,"version":"gemm"}"#),
      code: "checkpoint/quantised", words: ["awq"]),
    Row(
      model: "TheBloke/llava-v1.5-13B-GPTQ",
      config: quantised(#"{"quant_method":"gptq","bits":4,"desc_act":true}"#),
      code: "checkpoint/quantised", words: ["gptq"]),
    Row(
      model: "a model in 4 bits", config: quantised(#"{"load_in_4bit":true}"#),
      code: "checkpoint/quantised", words: ["bitsandbytes"]),
    Row(
      model: "mtgv/MobileVLM-1.7B",
      config: #"{"model_type":"mobilevlm","mm_projector_type":"ldpnet"}"#,
      code: "checkpoint/config", words: ["mobilevlm", "llava"]),
    Row(
      model: "vikhyatk/moondream2", config: #"{"model_type":"moondream1"}"#,
      code: "checkpoint/config", words: ["moondream1"]),
    Row(
      model: "a LLaVA with another projector",
      config: PublishedModel.llava7B.config.replacing("mlp2x_gelu", with: "ldpnetv2"),
      code: "checkpoint/config", words: ["ldpnetv2", "mlpNx_gelu"]),
    Row(
      model: "a LLaVA with S2",
      config: PublishedModel.llava7B.config.replacing(
        #""use_mm_proj":true"#, with: #""use_mm_proj":true,"s2":true"#),
      code: "checkpoint/config", words: ["s2"]),
  ]

  private static func quantised(_ settings: String) -> String {
    PublishedModel.vicuna.config.dropLast() + #","quantization_config":\#(settings)}"#
  }

  @Test(arguments: families + others) func refused(row: Row) throws {
    let directory = try TemporaryDirectory()
    try directory.write(row.config, to: "config.json")
    let failure = try failure { try ModelDirectory.open(model: directory.path) }
    #expect(failure.code == row.code)
    #expect(failure.status == .mismatch)
    #expect(failure.place == directory.file("config.json"))
    for word in row.words { #expect(failure.message.contains(word), "\(failure.message)") }
    #expect(SourceSurvey(directory.path).problem == failure)
  }

  /// The newer code of LLaVA writes the keys of tiles into models that have none.
  @Test func keysOfTilesWithoutTiles() throws {
    let directory = try PublishedModel.llava7B.directory()
    let config = PublishedModel.llava7B.config.replacing(
      #""use_mm_proj":true"#,
      with: #""use_mm_proj":true,"mm_patch_merge_type":"flat","image_grid_pinpoints":null"#)
    try directory.write(config, to: "config.json")
    let opened = try ModelDirectory.open(model: directory.path)
    #expect(try opened.projectorCheckpoint().config.depth == 2)
    #expect(opened.settings.padsToSquare == true)
  }
}
