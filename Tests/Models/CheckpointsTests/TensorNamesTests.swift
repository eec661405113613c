// Every published naming form gives the same canonical names.
// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Checkpoints

struct TensorNamesTests {
  @Test(arguments: [
    "vision_tower.vision_model.", "model.vision_tower.vision_model.", "vision_tower.",
    "model.vision_tower.", "model.vision_tower.vision_tower.vision_model.",
    "model.vision_tower.vision_tower.", "vision_model.", "",
  ])
  func visionForms(prefix: String) {
    let rows = [
      ("embeddings.class_embedding", "vision.class_embedding"),
      ("embeddings.patch_embedding.weight", "vision.patch_embedding.weight"),
      ("embeddings.position_embedding.weight", "vision.position_embedding.weight"),
      ("pre_layrnorm.bias", "vision.pre_layernorm.bias"),
      ("encoder.layers.0.self_attn.q_proj.weight", "vision.layers.0.self_attn.q_proj.weight"),
      ("encoder.layers.23.mlp.fc2.bias", "vision.layers.23.mlp.fc2.bias"),
      ("post_layernorm.weight", "vision.post_layernorm.weight"),
    ]
    for (found, canonical) in rows {
      #expect(TensorNames.canonical(prefix + found) == canonical)
    }
    #expect(TensorNames.canonical(prefix + "embeddings.position_ids") == nil)
  }

  @Test(arguments: [
    ("language_model.model.", "language_model.lm_head.weight"),
    ("model.language_model.", "lm_head.weight"), ("model.", "lm_head.weight"),
  ])
  func languageForms(prefix: String, head: String) {
    let rows = [
      ("embed_tokens.weight", "language.embed_tokens.weight"),
      ("layers.0.self_attn.o_proj.weight", "language.layers.0.self_attn.o_proj.weight"),
      ("layers.31.mlp.gate_proj.weight", "language.layers.31.mlp.gate_proj.weight"),
      ("norm.weight", "language.norm.weight"),
    ]
    for (found, canonical) in rows {
      #expect(TensorNames.canonical(prefix + found) == canonical)
    }
    #expect(TensorNames.canonical(head) == "language.lm_head.weight")
    #expect(TensorNames.canonical(prefix + "layers.0.self_attn.rotary_emb.inv_freq") == nil)
  }

  @Test(arguments: [
    ("multi_modal_projector.linear_1.weight", "projector.0.weight"),
    ("model.multi_modal_projector.linear_2.bias", "projector.2.bias"),
    ("model.mm_projector.0.bias", "projector.0.bias"),
    ("model.mm_projector.4.weight", "projector.4.weight"),
    ("model.mm_projector.weight", "projector.0.weight"),
    ("mm_projector.bias", "projector.0.bias"), ("mm_projector.2.weight", "projector.2.weight"),
  ])
  func projectorForms(found: String, canonical: String) {
    #expect(TensorNames.canonical(found) == canonical)
  }

  @Test(arguments: [
    "", "model", "model.", "text_model.encoder.layers.0.mlp.fc1.weight", "logit_scale",
    "visual_projection.weight", "model.image_newline", "model.layer.0.weight", "lm_head",
    "optimizer.state",
  ])
  func namesOfNoPart(name: String) {
    #expect(TensorNames.canonical(name) == nil)
  }

  @Test func writesProjectorNames() {
    let name = "projector.2.bias"
    #expect(CheckpointLayout.original.name(of: name) == "model.mm_projector.2.bias")
    #expect(
      CheckpointLayout.original.name(of: "projector.0.weight", isLinearProjector: true)
        == "model.mm_projector.weight")
    #expect(
      CheckpointLayout.huggingFace.name(of: name) == "multi_modal_projector.linear_2.bias")
    #expect(CheckpointLayout.huggingFace.name(of: "projector.4.bias") == nil)
  }

  /// What a layout calls a tensor means that tensor again, for every tensor of every part.
  @Test(arguments: CheckpointLayout.allCases)
  func namesGoToEveryLayoutAndBack(layout: CheckpointLayout) throws {
    let names =
      Fixture.vision.expectedParameters(blocks: 3).named.map(\.name)
      + Fixture.language.expectedParameters.named.map(\.name)
      + ProjectorConfig(depth: 2, inputWidth: 8, outputWidth: 16).expectedParameters.named
      .map(\.name)
    var seen: Set<String> = []
    for name in names {
      let found = try #require(layout.name(of: name))
      #expect(TensorNames.canonical(found) == name)
      #expect(seen.insert(found).inserted, "\(found) stands for two tensors")
    }
    #expect(names.count > 60)
  }

  @Test func parametersKeepTheirNamesAndPlacesThroughAMap() {
    let expected = Fixture.language.expectedParameters
    let names = expected.map { name, _ in name }
    #expect(names.layers[1].gate == "language.layers.1.mlp.gate_proj.weight")
    #expect(names.output == "language.lm_head.weight")
    #expect(names.named.allSatisfy { $0.name == $0.value })
    let tower = Fixture.vision.expectedParameters(blocks: 2).map { name, _ in name }
    #expect(tower.layers[2].down.bias == "vision.layers.2.mlp.fc2.bias")
    #expect(tower.prefix(2).named.allSatisfy { $0.name == $0.value })
    #expect(tower.prefix(2).layers.count == 2 && tower.prefix(2).finalNorm == nil)
    #expect(Set(tower.named.map(\.name)).count == tower.named.count)
  }

  @Test func noPrefixHidesALongerOne() {
    for (index, row) in TensorNames.prefixes.enumerated() {
      for later in TensorNames.prefixes[(index + 1)...] {
        #expect(!later.found.hasPrefix(row.found), "\(later.found) stands below \(row.found)")
      }
    }
  }
}
