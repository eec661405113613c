// What becomes of a product's results while they still are in the cache.
// SPDX-License-Identifier: Apache-2.0

/// A function of each element of a product.
public enum Activation: Sendable, CaseIterable {
  /// x sigmoid(1.702 x).
  case quickGELU
  /// x Phi(x) with the exact error function.
  case gelu
}

/// Where a product's results go, their bias added.
public enum Epilogue: Sendable {
  /// y = them, or the activation of them.
  case store(Activation?)
  /// y += them.
  case add
  /// y = y sigmoid(y) times them: the gate of SwiGLU.
  case gate
}

extension Engine {
  /// A product of an input by weights, and what becomes of it.
  public struct Product: @unchecked Sendable {
    // Sendable: what it points to is the caller's, who waits for the engine.
    public let weights: WeightMatrix
    /// [weights.rows], added first.
    public let bias: Floats?
    public let epilogue: Epilogue
    /// [rows of the input, weights.rows], no gaps between rows.
    public let y: MutableFloats

    public init(
      by weights: WeightMatrix, bias: Floats? = nil, _ epilogue: Epilogue = .store(nil),
      into y: MutableFloats
    ) {
      (self.weights, self.bias, self.epilogue, self.y) = (weights, bias, epilogue, y)
    }
  }

  /// Results of `product` for some rows and columns, one row after the other, to their places in y;
  /// `block` is overwritten. One pass over y, instead of one for each step.
  func finish(
    _ block: MutableFloats, rows: Range<Int>, columns: Range<Int>, of product: Product
  ) {
    let (vectors, width) = (self.vectors, columns.count)
    if let bias = product.bias {
      vectors.add_bias(block, bias + columns.lowerBound, rows.count, width)
    }
    if case .store(let activation?) = product.epilogue {
      switch activation {
      case .quickGELU: vectors.quick_gelu(block, rows.count * width)
      case .gelu: vectors.gelu(block, rows.count * width)
      }
    }
    for (index, row) in rows.enumerated() {
      let from = block + index * width
      let to = product.y + row * product.weights.rows + columns.lowerBound
      switch product.epilogue {
      case .store: to.update(from: from, count: width)
      case .add: vectors.add(to, from, width)
      case .gate: vectors.silu_multiply(to, from, width)
      }
    }
  }
}
