// The tensors that each part must have, derived from its configuration.
// SPDX-License-Identifier: Apache-2.0

/// A tensor that a configuration calls for, by canonical name.
struct ExpectedTensor: Equatable {
  var name: String
  var shape: [Int]
  /// A tensor that nothing computes with may be absent; if present, its shape must be right.
  var isRequired = true
  /// Vocabularies are padded: more rows than the configuration says are accepted.
  var mayHaveMoreRows = false

  func fits(_ found: [Int]) -> Bool {
    guard mayHaveMoreRows, let rows = shape.first, let foundRows = found.first else {
      return found == shape
    }
    return foundRows >= rows && found.dropFirst() == shape.dropFirst()
  }
}

/// A weight and a bias under one name: `outputs` by `inputs`.
private func linear(_ name: String, _ outputs: Int, _ inputs: Int, required: Bool = true)
  -> [ExpectedTensor]
{
  [
    ExpectedTensor(name: "\(name).weight", shape: [outputs, inputs], isRequired: required),
    ExpectedTensor(name: "\(name).bias", shape: [outputs], isRequired: required),
  ]
}

/// A layer norm's scale and shift.
private func layerNorm(_ name: String, _ width: Int, required: Bool = true) -> [ExpectedTensor] {
  ["weight", "bias"].map {
    ExpectedTensor(name: "\(name).\($0)", shape: [width], isRequired: required)
  }
}

extension VisionConfig {
  /// The tower's tensors. Those of layers beyond the first `blocks`, and of the last norm, are
  /// never computed with, so they may be absent.
  func expectedTensors(blocks: Int) -> [ExpectedTensor] {
    var all = [
      ExpectedTensor(name: "vision.class_embedding", shape: [width]),
      ExpectedTensor(
        name: "vision.patch_embedding.weight",
        shape: [width, Self.channels, patchSize, patchSize]),
      ExpectedTensor(name: "vision.position_embedding.weight", shape: [positions, width]),
    ]
    all += layerNorm("vision.pre_layernorm", width)
    for layer in 0..<layers {
      let (prefix, required) = ("vision.layers.\(layer)", layer < blocks)
      all += layerNorm("\(prefix).layer_norm1", width, required: required)
      for name in ["q_proj", "k_proj", "v_proj", "out_proj"] {
        all += linear("\(prefix).self_attn.\(name)", width, width, required: required)
      }
      all += layerNorm("\(prefix).layer_norm2", width, required: required)
      all += linear("\(prefix).mlp.fc1", intermediateWidth, width, required: required)
      all += linear("\(prefix).mlp.fc2", width, intermediateWidth, required: required)
    }
    return all + layerNorm("vision.post_layernorm", width, required: false)
  }
}

extension ProjectorConfig {
  func expectedTensors() -> [ExpectedTensor] {
    (0..<depth).flatMap { index in
      linear(Self.layerName(index), outputWidth, index == 0 ? inputWidth : outputWidth)
    }
  }
}

extension LanguageConfig {
  func expectedTensors() -> [ExpectedTensor] {
    var all = [
      ExpectedTensor(
        name: "language.embed_tokens.weight", shape: [vocabulary, width], mayHaveMoreRows: true)
    ]
    for layer in 0..<layers {
      let prefix = "language.layers.\(layer)"
      let matrices = [
        ("self_attn.q_proj", heads * headWidth, width),
        ("self_attn.k_proj", keyValueHeads * headWidth, width),
        ("self_attn.v_proj", keyValueHeads * headWidth, width),
        ("self_attn.o_proj", width, heads * headWidth),
        ("mlp.gate_proj", intermediateWidth, width),
        ("mlp.up_proj", intermediateWidth, width),
        ("mlp.down_proj", width, intermediateWidth),
      ]
      all += matrices.map {
        ExpectedTensor(name: "\(prefix).\($0.0).weight", shape: [$0.1, $0.2])
      }
      all += ["input_layernorm", "post_attention_layernorm"].map {
        ExpectedTensor(name: "\(prefix).\($0).weight", shape: [width])
      }
    }
    all.append(ExpectedTensor(name: "language.norm.weight", shape: [width]))
    all.append(
      ExpectedTensor(
        name: "language.lm_head.weight", shape: [vocabulary, width],
        isRequired: !tiesEmbeddings, mayHaveMoreRows: true))
    return all
  }
}
