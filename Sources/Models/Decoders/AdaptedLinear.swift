// Linear layers with what an adapter adds to them.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Operations
import Tensors

/// A decoder's LoRA adapter: low-rank pairs and their scale.
public struct DecoderAdapter: Sendable {
  public var parameters: AdapterParameters<Weight>
  public var scale: AdapterScale

  public init(_ parameters: AdapterParameters<Weight>, scale: AdapterScale) {
    (self.parameters, self.scale) = (parameters, scale)
  }
}

/// A linear layer of a decoder's layer: y = W x, and with a pair y = W x + factor B A x
/// (Hu et al., arXiv 2106.09685).
struct AdaptedLinear: Sendable {
  let weight: Weight
  let pair: LowRankPair<Weight>?

  init(_ weight: Weight, _ pair: LowRankPair<Weight>?) {
    (self.weight, self.pair) = (weight, pair)
  }
}

/// Where the gradients of an adapted layer go; nil for what is frozen.
struct AdaptedLinearGradient {
  var weight: Tensor?
  var pair: LowRankPair<Tensor>?

  var isNone: Bool { weight == nil && pair == nil }
}

/// Adapted layers of one input, forward and backward.
struct AdaptedProducts: Sendable {
  let operations: any Operations
  /// The adapter's dropout; no effect without an adapter.
  let factor: Float

  /// The results [rows, out] of the layers for the same x [rows, in]; and for each pair the intermediate
  /// factor A x [rows, rank], which its gradient needs.
  func callAsFunction(_ x: Tensor, _ layers: [AdaptedLinear], _ masks: [DropoutMask]? = nil)
    throws(AllocationError) -> (results: [Tensor], inner: [Tensor?])
  {
    var weights = layers.map { (weight: $0.weight, bias: Weight?.none) }
    if masks == nil { weights += layers.compactMap { $0.pair.map { ($0.a, nil) } } }
    let products = try operations.linears(x, weights)
    let results = Array(products[..<layers.count])
    var joint = products[layers.count...]
    var inner: [Tensor?] = []
    for (index, layer) in layers.enumerated() {
      guard let pair = layer.pair else {
        inner.append(nil)
        continue
      }
      let between: Tensor
      if let product = joint.popFirst() {
        between = product
      } else {
        between = try operations.linear(dropped(x, masks, index), weight: pair.a, bias: nil)
      }
      operations.scale(between, by: factor)
      operations.addLinear(between, weight: pair.b, bias: nil, to: results[index])
      inner.append(between)
    }
    return (results, inner)
  }

  /// y [rows, out] += the layer of x [rows, in], in place; returns the pair's intermediate.
  func add(_ x: Tensor, _ layer: AdaptedLinear, _ masks: [DropoutMask]? = nil, to y: Tensor)
    throws(AllocationError) -> Tensor?
  {
    operations.addLinear(x, weight: layer.weight, bias: nil, to: y)
    guard let pair = layer.pair else { return nil }
    let between = try operations.linear(dropped(x, masks, 0), weight: pair.a, bias: nil)
    operations.scale(between, by: factor)
    operations.addLinear(between, weight: pair.b, bias: nil, to: y)
    return between
  }

  private func dropped(_ x: Tensor, _ masks: [DropoutMask]?, _ index: Int)
    throws(AllocationError) -> Tensor
  {
    guard let masks else { return x }
    return try operations.dropout(x, masks[index])
  }

  /// The gradient of x from `dys` of the layers' results; adds the gradients of their parameters to
  /// `gradients`. `x` may be nil if all of these are frozen.
  func gradient(
    _ dys: [Tensor], x: Tensor?, inner: [Tensor?], _ layers: [AdaptedLinear],
    _ masks: [DropoutMask]?, into gradients: [AdaptedLinearGradient]
  ) throws(AllocationError) -> Tensor {
    var sum: Tensor?
    for (index, layer) in layers.enumerated() {
      let dx = try operations.inputGradient(dys[index], weight: layer.weight)
      if let gradient = gradients[index].weight, let x {
        try operations.addWeightGradient(dys[index], x, to: gradient)
      }
      if let pair = layer.pair, let between = inner[index] {
        let added = try pairGradient(
          dys[index], x: x, between, pair, masks.map { $0[index] }, into: gradients[index].pair)
        operations.add(added, to: dx)
      }
      if let sum { operations.add(dx, to: sum) } else { sum = dx }
    }
    guard let sum else { preconditionFailure("no layers") }
    return sum
  }

  private func pairGradient(
    _ dy: Tensor, x: Tensor?, _ between: Tensor, _ pair: LowRankPair<Weight>, _ mask: DropoutMask?,
    into gradient: LowRankPair<Tensor>?
  ) throws(AllocationError) -> Tensor {
    let inner = try operations.inputGradient(dy, weight: pair.b)
    operations.scale(inner, by: factor)
    if let gradient, let x {
      try operations.addWeightGradient(dy, between, to: gradient.b)
      let input: Tensor
      if let mask { input = try operations.dropout(x, mask) } else { input = x }
      try operations.addWeightGradient(inner, input, to: gradient.a)
    }
    let dx = try operations.inputGradient(inner, weight: pair.a)
    guard let mask else { return dx }
    return try operations.dropout(dx, mask)
  }
}
