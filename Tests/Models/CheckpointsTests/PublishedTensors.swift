// The names, types and shapes of the tensors that published models consist of.
// SPDX-License-Identifier: Apache-2.0
import Tensors

/// A tensor as a file has it.
typealias PublishedTensor = (name: String, elementType: ElementType, shape: [Int])

/// Lists in the order of PyTorch's modules, which is that of the files and decides which shard a
/// tensor is in (reference: llava.md 6, transformers' modeling_llama.py and modeling_clip.py).
enum PublishedTensors {
  /// The shape of a LLaMA; the output layer has as many rows as the embedding.
  struct Llama {
    var width = 4096
    var intermediateWidth = 11008
    var layers = 32
    var rows = 32000

    static let of7B = Llama()
    static let of13B = Llama(width: 5120, intermediateWidth: 13824, layers: 40)
  }

  /// `prefix` stands before all but the output layer, `head` is the latter's module. Files of before
  /// transformers 4.32 hold each layer's frequencies too.
  static func llama(
    _ shape: Llama, prefix: String = "model.", head: String = "lm_head",
    holdsFrequencies: Bool = false
  ) -> (body: [PublishedTensor], head: PublishedTensor) {
    let (width, inner) = (shape.width, shape.intermediateWidth)
    var all: [PublishedTensor] = [("\(prefix)embed_tokens.weight", .f16, [shape.rows, width])]
    for layer in 0..<shape.layers {
      let name = "\(prefix)layers.\(layer)."
      for projection in ["q", "k", "v", "o"] {
        all.append(("\(name)self_attn.\(projection)_proj.weight", .f16, [width, width]))
      }
      if holdsFrequencies { all.append(("\(name)self_attn.rotary_emb.inv_freq", .f32, [64])) }
      all.append(("\(name)mlp.gate_proj.weight", .f16, [inner, width]))
      all.append(("\(name)mlp.up_proj.weight", .f16, [inner, width]))
      all.append(("\(name)mlp.down_proj.weight", .f16, [width, inner]))
      all.append(("\(name)input_layernorm.weight", .f16, [width]))
      all.append(("\(name)post_attention_layernorm.weight", .f16, [width]))
    }
    all.append(("\(prefix)norm.weight", .f16, [width]))
    return (all, ("\(head).weight", .f16, [shape.rows, width]))
  }

  /// ViT-L/14 for images of `side` pixels, all 24 layers and the last norm.
  static func vision(
    side: Int = 336, _ type: ElementType, prefix: String, holdsPositionIDs: Bool = false
  ) -> [PublishedTensor] {
    let positions = (side / 14) * (side / 14) + 1
    var all: [PublishedTensor] = [
      ("\(prefix)embeddings.class_embedding", type, [1024])
    ]
    if holdsPositionIDs {
      all.append(("\(prefix)embeddings.position_ids", .i64, [1, positions]))
    }
    all.append(("\(prefix)embeddings.patch_embedding.weight", type, [1024, 3, 14, 14]))
    all.append(("\(prefix)embeddings.position_embedding.weight", type, [positions, 1024]))
    all += norm("\(prefix)pre_layrnorm", 1024, type)
    all += encoder(prefix, layers: 24, width: 1024, type)
    return all + norm("\(prefix)post_layernorm", 1024, type)
  }

  /// Both towers of OpenAI's CLIP, as its one file has them.
  static func clip(side: Int = 336, _ type: ElementType = .f32) -> [PublishedTensor] {
    [
      ("logit_scale", type, []),
      ("text_model.embeddings.position_ids", .i64, [1, 77]),
      ("text_model.embeddings.token_embedding.weight", type, [49408, 768]),
      ("text_model.embeddings.position_embedding.weight", type, [77, 768]),
    ] + encoder("text_model.", layers: 12, width: 768, type)
      + norm("text_model.final_layer_norm", 768, type)
      + vision(side: side, type, prefix: "vision_model.", holdsPositionIDs: true)
      + [
        ("visual_projection.weight", type, [768, 1024]),
        ("text_projection.weight", type, [768, 768]),
      ]
  }

  /// Two layers and what stands for each in the names; one layer for a linear projector.
  static func projector(
    width: Int, _ names: [String], type: ElementType = .f16
  ) -> [PublishedTensor] {
    names.enumerated().flatMap { number, name -> [PublishedTensor] in
      [
        ("\(name)weight", type, [width, number == 0 ? 1024 : width]),
        ("\(name)bias", type, [width]),
      ]
    }
  }

  private static func encoder(_ prefix: String, layers: Int, width: Int, _ type: ElementType)
    -> [PublishedTensor]
  {
    (0..<layers).flatMap { layer -> [PublishedTensor] in
      let name = "\(prefix)encoder.layers.\(layer)."
      return ["k", "v", "q", "out"].flatMap {
        linear("\(name)self_attn.\($0)_proj", width, width, type)
      } + norm("\(name)layer_norm1", width, type)
        + linear("\(name)mlp.fc1", 4 * width, width, type)
        + linear("\(name)mlp.fc2", width, 4 * width, type)
        + norm("\(name)layer_norm2", width, type)
    }
  }

  private static func linear(_ name: String, _ rows: Int, _ columns: Int, _ type: ElementType)
    -> [PublishedTensor]
  {
    [("\(name).weight", type, [rows, columns]), ("\(name).bias", type, [rows])]
  }

  private static func norm(_ name: String, _ width: Int, _ type: ElementType)
    -> [PublishedTensor]
  {
    [("\(name).weight", type, [width]), ("\(name).bias", type, [width])]
  }
}
