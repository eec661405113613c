// The first LLaVAs, models with their tower inside, and repositories of projectors.
// SPDX-License-Identifier: Apache-2.0

extension PublishedModel {
  /// LLaVA-7b-v0 merged with its base: `[PAD]`, `<im_patch>`, `<im_start>` and `<im_end>` are the
  /// last rows. Some have the type of a LLaMA, as LLaVA's first code wrote it.
  static let llava0 = older(
    "liuhaotian/LLaVA-7b-v0", rows: 32004, modelType: "llava",
    architecture: "LlavaLlamaForCausalLM")
  static let llava0AsLlama = older(
    "LLaVA-7b-v0, of type llama", rows: 32004, modelType: "llama", architecture: "LlamaForCausalLM")
  /// LLaVA-Lightning-7B-v1-1 merged: no `[PAD]`.
  static let lightning = older(
    "liuhaotian/LLaVA-Lightning-7B-v1-1", rows: 32003, modelType: "llava",
    architecture: "LlavaLlamaForCausalLM")

  private static func older(_ name: String, rows: Int, modelType: String, architecture: String)
    -> PublishedModel
  {
    var shape = PublishedTensors.Llama.of7B
    shape.rows = rows
    return PublishedModel(
      name: name,
      config: PublishedConfigs.object(
        PublishedConfigs.llava0(modelType: modelType, architecture: architecture),
        PublishedConfigs.llama(shape, heads: 32, positions: 2048, epsilon: "1e-06")),
      files: tokenizer,
      tensors: { [shape] in
        let language = PublishedTensors.llama(shape, holdsFrequencies: true)
        return language.body
          + PublishedTensors.projector(width: shape.width, ["model.mm_projector."])
          + [language.head]
      }, format: .pyTorch)
  }

  /// LLaVA 1.5 finetuned with its tower, which its own files hold (ShareGPT4V's do).
  static let tunedTower = PublishedModel(
    name: "Lin-Chen/ShareGPT4V-7B",
    config: PublishedConfigs.object(
      PublishedConfigs.llava15
        .replacing("openai/clip-vit-large-patch14-336", with: tunedTowerName)
        .replacing(#""unfreeze_mm_vision_tower":false"#, with: #""unfreeze_mm_vision_tower":true"#),
      PublishedConfigs.llama(.of7B, heads: 32)),
    files: tokenizer,
    tensors: {
      let language = PublishedTensors.llama(.of7B)
      return language.body
        + PublishedTensors.vision(
          .f16, prefix: "model.vision_tower.vision_tower.vision_model.", holdsPositionIDs: true)
        + PublishedTensors.projector(
          width: 4096, ["model.mm_projector.0.", "model.mm_projector.2."])
        + [language.head]
    }, format: .pyTorch)

  static let tunedTowerName = "Lin-Chen/ShareGPT4V-7B_Pretrained_vit-large336-l12"

  /// liuhaotian/llava-v1.5-mlp2x-336px-pretrain-vicuna-7b-v1.5.
  static let projector = PublishedModel(
    name: "liuhaotian/llava-v1.5-mlp2x-336px-pretrain-vicuna-7b-v1.5",
    config: PublishedConfigs.object(
      PublishedConfigs.llava15.replacing(
        #""tune_mm_mlp_adapter":false"#, with: #""tune_mm_mlp_adapter":true"#),
      PublishedConfigs.llama(.of7B, heads: 32)),
    tensors: { [] }, format: .pyTorch,
    projector: {
      PublishedTensors.projector(
        width: 4096, ["model.mm_projector.0.", "model.mm_projector.2."], type: .bf16)
    })

  /// The first stage of LLaVA v1: linear, and the rows of the tokens that it added beside it.
  static let olderProjector = PublishedModel(
    name: "liuhaotian/LLaVA-Pretrained-Projectors",
    config: PublishedConfigs.object(
      PublishedConfigs.llava0(modelType: "llava", architecture: "LlavaLlamaForCausalLM"),
      PublishedConfigs.llama(
        PublishedTensors.Llama(rows: 32003), heads: 32, positions: 2048, epsilon: "1e-06")),
    tensors: { [] }, format: .pyTorch,
    projector: {
      [("model.embed_tokens.weight", .f16, [32003, 4096])]
        + PublishedTensors.projector(width: 4096, ["model.mm_projector."])
    })
}
