// One layer of the vision tower, and its gradients.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Operations
import Tensors

/// x + attention(norm(x)), then the same plus mlp(norm of it).
struct VisionLayer: Sendable {
  let parameters: VisionParameters<Weight>.Layer
  let config: VisionConfig
  let operations: any Operations

  /// The activations that avoid recomputing matrix products; norms and the activation function are recomputed.
  struct Activations {
    /// [rows, width] each.
    let query, keys, values: Tensor
    let attention: AttentionRecord
    /// [rows, width] after attention.
    let middle: Tensor
    /// [rows, intermediateWidth] before the activation.
    let up: Tensor
  }

  private var epsilon: Float { Float(config.epsilon) }

  /// The layer over x [rows, width], whose rows are the images `spans`. If activations are kept,
  /// the result is a new tensor, else x itself, changed in place; the numbers are the same.
  func callAsFunction(_ x: Tensor, within spans: [Range<Int>], keepsActivations: Bool)
    throws(AllocationError) -> (result: Tensor, activations: Activations?)
  {
    let heads = try operations.linears(
      norm(x, parameters.attentionNorm),
      [parameters.query, parameters.key, parameters.value].map { ($0.weight, $0.bias) })
    let attention = try operations.attend(
      heads[0], keys: heads[1], values: heads[2], headWidth: config.headWidth, within: spans)
    let middle = keepsActivations ? try operations.join([x]) : x
    add(attention.output, parameters.out, to: middle)
    let normed = try norm(middle, parameters.mlpNorm)
    guard keepsActivations else {
      let wide = try operations.linear(
        normed, weight: parameters.up.weight, bias: parameters.up.bias,
        activation: config.activation)
      add(wide, parameters.down, to: middle)
      return (middle, nil)
    }
    let up = try operations.linear(
      normed, weight: parameters.up.weight, bias: parameters.up.bias)
    let result = try operations.join([middle])
    add(try operations.activate(up, config.activation), parameters.down, to: result)
    let activations = Activations(
      query: heads[0], keys: heads[1], values: heads[2], attention: attention, middle: middle,
      up: up)
    return (result, activations)
  }

  private func norm(_ x: Tensor, _ norm: Norm<Weight>) throws(AllocationError) -> Tensor {
    try operations.layerNorm(x, gain: norm.gain, bias: norm.bias, eps: epsilon)
  }

  private func add(_ x: Tensor, _ layer: Linear<Weight>, to y: Tensor) {
    operations.addLinear(x, weight: layer.weight, bias: layer.bias, to: y)
  }

  /// The gradient of x from dy [rows, width] of the layer's result: dy itself, changed in place. Adds
  /// the gradients of the parameters to `gradients`.
  func gradient(
    _ dy: Tensor, of x: Tensor, _ kept: Activations,
    into gradients: VisionParameters<Tensor>.Layer
  ) throws(AllocationError) {
    let wide = try operations.activate(kept.up, config.activation)
    try addParameterGradient(dy, of: wide, into: gradients.down)
    let dup = try operations.activationGradient(
      operations.inputGradient(dy, weight: parameters.down.weight), of: kept.up,
      config.activation)
    try addParameterGradient(dup, of: norm(kept.middle, parameters.mlpNorm), into: gradients.up)
    try addNormGradient(
      operations.inputGradient(dup, weight: parameters.up.weight), of: kept.middle,
      parameters.mlpNorm, into: gradients.mlpNorm, to: dy)
    try attentionGradient(dy, of: x, kept, into: gradients)
  }

  /// From dy of the layer's middle to that of its input, in place.
  private func attentionGradient(
    _ dy: Tensor, of x: Tensor, _ kept: Activations,
    into gradients: VisionParameters<Tensor>.Layer
  ) throws(AllocationError) {
    try addParameterGradient(dy, of: kept.attention.output, into: gradients.out)
    let heads = try operations.attentionGradient(
      operations.inputGradient(dy, weight: parameters.out.weight), of: kept.attention,
      query: kept.query, keys: kept.keys, values: kept.values)
    let normed = try norm(x, parameters.attentionNorm)
    let dnormed = try operations.inputGradient(heads.query, weight: parameters.query.weight)
    for (part, layer) in [(heads.keys, parameters.key), (heads.values, parameters.value)] {
      operations.add(try operations.inputGradient(part, weight: layer.weight), to: dnormed)
    }
    try addParameterGradient(heads.query, of: normed, into: gradients.query)
    try addParameterGradient(heads.keys, of: normed, into: gradients.key)
    try addParameterGradient(heads.values, of: normed, into: gradients.value)
    try addNormGradient(
      dnormed, of: x, parameters.attentionNorm, into: gradients.attentionNorm, to: dy)
  }

  private func addParameterGradient(
    _ dy: Tensor, of x: Tensor, into gradient: Linear<Tensor>
  ) throws(AllocationError) {
    try operations.addWeightGradient(dy, x, to: gradient.weight)
    operations.addBiasGradient(dy, to: gradient.bias)
  }

  /// dy += the gradient of x from dnormed of norm(x), in place.
  private func addNormGradient(
    _ dnormed: Tensor, of x: Tensor, _ norm: Norm<Weight>, into gradient: Norm<Tensor>,
    to dy: Tensor
  ) throws(AllocationError) {
    operations.addLayerGainGradient(dnormed, of: x, eps: epsilon, to: gradient.gain)
    operations.addBiasGradient(dnormed, to: gradient.bias)
    operations.add(
      try operations.layerNormGradient(dnormed, of: x, gain: norm.gain, eps: epsilon), to: dy)
  }
}
