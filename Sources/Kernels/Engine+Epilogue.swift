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
  /// Results [rows, width] of a product, one row after the other, to y, whose rows are `stride`
  /// floats apart; `block` is overwritten. One pass over y, instead of one for each step.
  func finish(
    _ block: MutableFloats, rows: Int, width: Int, bias: Floats?, _ epilogue: Epilogue,
    into y: MutableFloats, stride: Int
  ) {
    let vectors = self.vectors
    if let bias { vectors.add_bias(block, bias, rows, width) }
    if case .store(let activation?) = epilogue {
      switch activation {
      case .quickGELU: vectors.quick_gelu(block, rows * width)
      case .gelu: vectors.gelu(block, rows * width)
      }
    }
    for row in 0..<rows {
      let (from, to) = (block + row * width, y + row * stride)
      switch epilogue {
      case .store: to.update(from: from, count: width)
      case .add: vectors.add(to, from, width)
      case .gate: vectors.silu_multiply(to, from, width)
      }
    }
  }
}
