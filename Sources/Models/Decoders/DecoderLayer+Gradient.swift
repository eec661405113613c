// One layer over whole sequences, and its gradients.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Operations
import Tensors

/// Where the gradients of a layer's parameters go; nil for what is frozen.
struct LayerGradients {
  let language: LlamaParameters<Tensor>.Layer?
  let adapter: AdapterParameters<Tensor>.Layer?

  var attention: [AdaptedLinearGradient] {
    [
      AdaptedLinearGradient(weight: language?.query, pair: adapter?.query),
      AdaptedLinearGradient(weight: language?.key, pair: adapter?.key),
      AdaptedLinearGradient(weight: language?.value, pair: adapter?.value),
    ]
  }
  var out: AdaptedLinearGradient {
    AdaptedLinearGradient(weight: language?.out, pair: adapter?.out)
  }
  var mlp: [AdaptedLinearGradient] {
    [
      AdaptedLinearGradient(weight: language?.gate, pair: adapter?.gate),
      AdaptedLinearGradient(weight: language?.up, pair: adapter?.up),
    ]
  }
  var down: AdaptedLinearGradient {
    AdaptedLinearGradient(weight: language?.down, pair: adapter?.down)
  }
}

extension DecoderLayer {
  /// The numbers of a layer's linear layers, for their dropout.
  private enum Module {
    static let attention = 0..<3
    static let out = 3..<4
    static let mlp = 4..<6
    static let down = 6..<7
  }

  /// The layer over x [rows, width]: a new tensor, and what the gradient needs besides x.
  func forward(_ x: Tensor, layer index: Int, _ rows: SequenceRows) throws(AllocationError)
    -> (result: Tensor, activations: LayerActivations)
  {
    let (heads, attentionInner) = try products(
      norm(x, attentionNorm), [query, key, value], rows.masks(layer: index, Module.attention))
    operations.rotate(heads[0], by: rows.angles)
    operations.rotate(heads[1], by: rows.angles)
    let attention = try rows.attend(
      heads[0], keys: heads[1], values: heads[2], headWidth: headWidth, operations)
    let middle = try operations.join([x])
    let outInner = try products.add(
      attention.output, out, rows.masks(layer: index, Module.out), to: middle)
    let (wide, mlpInner) = try products(
      norm(middle, mlpNorm), [gate, up], rows.masks(layer: index, Module.mlp))
    let result = try operations.join([middle])
    let downInner = try products.add(
      operations.gate(wide[0], wide[1]), down, rows.masks(layer: index, Module.down), to: result)
    let activations = LayerActivations(
      query: heads[0], keys: heads[1], values: heads[2], attention: attention, middle: middle,
      gate: wide[0], up: wide[1], inner: attentionInner + [outInner] + mlpInner + [downInner])
    return (result, activations)
  }

  /// The gradient of x from dy [rows, width] of the layer's result: dy itself, changed in place. Adds
  /// the gradients of the parameters to `gradients`.
  func gradient(
    _ dy: Tensor, of x: Tensor, _ kept: LayerActivations, layer index: Int, _ rows: SequenceRows,
    into gradients: LayerGradients
  ) throws(AllocationError) {
    try mlpGradient(dy, kept, index, rows, gradients)
    try attentionGradient(dy, x, kept, index, rows, gradients)
  }

  /// From dy of the layer's result to that of its middle, in place.
  private func mlpGradient(
    _ dy: Tensor, _ kept: LayerActivations, _ index: Int, _ rows: SequenceRows,
    _ gradients: LayerGradients
  ) throws(AllocationError) {
    let inner = kept.inner
    var wide: Tensor?
    if !gradients.down.isNone { wide = try operations.gate(kept.gate, kept.up) }
    let dwide = try products.gradient(
      [dy], x: wide, inner: [inner[6]], [down], rows.masks(layer: index, Module.down),
      into: [gradients.down])
    let (dgate, dup) = try operations.gateGradient(dwide, gate: kept.gate, up: kept.up)
    let normed = try normed(kept.middle, mlpNorm, gradients.mlp)
    let dnormed = try products.gradient(
      [dgate, dup], x: normed, inner: Array(inner[4..<6]), [gate, up],
      rows.masks(layer: index, Module.mlp), into: gradients.mlp)
    try normGradient(
      dnormed, of: kept.middle, mlpNorm, into: gradients.language?.mlpNorm, addingTo: dy)
  }

  /// From dy of the layer's middle to that of its input, in place.
  private func attentionGradient(
    _ dy: Tensor, _ x: Tensor, _ kept: LayerActivations, _ index: Int, _ rows: SequenceRows,
    _ gradients: LayerGradients
  ) throws(AllocationError) {
    let inner = kept.inner
    let dmixed = try products.gradient(
      [dy], x: kept.attention.output, inner: [inner[3]], [out],
      rows.masks(layer: index, Module.out), into: [gradients.out])
    let (dquery, dkeys, dvalues) = try rows.attentionGradient(
      dmixed, of: kept.attention, query: kept.query, keys: kept.keys, values: kept.values,
      operations)
    operations.rotate(dquery, by: rows.reversedAngles)
    operations.rotate(dkeys, by: rows.reversedAngles)
    let normed = try normed(x, attentionNorm, gradients.attention)
    let dnormed = try products.gradient(
      [dquery, dkeys, dvalues], x: normed, inner: Array(inner[..<3]), [query, key, value],
      rows.masks(layer: index, Module.attention), into: gradients.attention)
    try normGradient(
      dnormed, of: x, attentionNorm, into: gradients.language?.attentionNorm, addingTo: dy)
  }

  /// norm(x), if a gradient needs it.
  private func normed(_ x: Tensor, _ gain: Weight, _ gradients: [AdaptedLinearGradient])
    throws(AllocationError) -> Tensor?
  {
    guard gradients.contains(where: { !$0.isNone }) else { return nil }
    return try norm(x, gain)
  }

  /// dy += the gradient of x from dnormed of norm(x), in place.
  private func normGradient(
    _ dnormed: Tensor, of x: Tensor, _ gain: Weight, into gradient: Tensor?, addingTo dy: Tensor
  ) throws(AllocationError) {
    if let gradient { operations.addGainGradient(dnormed, of: x, eps: epsilon, to: gradient) }
    operations.add(
      try operations.rmsNormGradient(dnormed, of: x, gain: gain, eps: epsilon), to: dy)
  }
}
