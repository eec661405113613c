// The epilogue of a product: what is done to its results while they are still in the cache.
// SPDX-License-Identifier: Apache-2.0
import Operations
import Tensors

/// What is done with a product's results, after their bias is added.
public enum Epilogue: Sendable {
  /// y = the results, or their activation.
  case store(Activation?)
  /// y += the results.
  case add
  /// y = y sigmoid(y) times the results: the gate of SwiGLU.
  case gate
}

extension Engine {
  /// Where results [rows, width] go, no gaps between rows, and how.
  struct Output: @unchecked Sendable {
    // Sendable: what it points to is the caller's, who waits for the engine.
    /// [width], added first.
    let bias: Floats?
    let epilogue: Epilogue
    let y: MutableFloats
    let width: Int
    /// The order in which results come; nil for that of y's columns.
    let order: RowOrder?

    init(
      bias: Floats? = nil, _ epilogue: Epilogue, into y: MutableFloats, width: Int,
      order: RowOrder? = nil
    ) {
      (self.bias, self.epilogue, self.y, self.width) = (bias, epilogue, y, width)
      self.order = order
    }

    /// The same for results that come in the order of y's columns.
    var inOrder: Output { Output(bias: bias, epilogue, into: y, width: width) }
  }

  /// A product of an input and weights, and its epilogue.
  public struct Product: Sendable {
    public let weights: WeightMatrix
    let output: Output

    /// bias [weights.rows]; y [rows of the input, weights.rows], no gaps between rows.
    public init(
      by weights: WeightMatrix, bias: Floats? = nil, _ epilogue: Epilogue = .store(nil),
      into y: MutableFloats
    ) {
      self.weights = weights
      output = Output(
        bias: bias, epilogue, into: y, width: weights.rows, order: weights.rowOrder)
    }
  }

  /// Results for some rows and columns, one row after the other, to their places; `block` is
  /// overwritten. One pass over y, instead of one for each step.
  func finish(_ block: MutableFloats, rows: Range<Int>, columns: Range<Int>, _ output: Output) {
    if let order = output.order {
      return scatter(block, rows: rows, columns: columns, output, order)
    }
    let (vectors, width) = (self.vectors, columns.count)
    if let bias = output.bias {
      vectors.add_bias(block, bias + columns.lowerBound, rows.count, width)
    }
    if case .store(let activation?) = output.epilogue {
      switch activation {
      case .quickGELU: vectors.quick_gelu(block, rows.count * width)
      case .gelu: vectors.gelu(block, rows.count * width)
      }
    }
    for (index, row) in rows.enumerated() {
      let from = block + index * width
      let to = output.y + row * output.width + columns.lowerBound
      switch output.epilogue {
      case .store: to.update(from: from, count: width)
      case .add: vectors.add(to, from, width)
      case .gate: vectors.silu_multiply(to, from, width)
      }
    }
  }

  /// The same where results come in the order of stored rows.
  private func scatter(
    _ block: MutableFloats, rows: Range<Int>, columns: Range<Int>, _ output: Output,
    _ order: RowOrder
  ) {
    guard output.bias == nil, case .store(nil) = output.epilogue else {
      preconditionFailure("queries and keys have neither a bias nor an activation")
    }
    let places = columns.map { order.row(ofStored: $0) }
    for (index, row) in rows.enumerated() {
      let (from, to) = (block + index * places.count, output.y + row * output.width)
      for (column, place) in places.enumerated() { to[place] = from[column] }
    }
  }
}
