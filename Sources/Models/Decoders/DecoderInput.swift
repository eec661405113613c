// What a decoder's matrices are multiplied by, and how large its columns are.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Operations
import Tensors

/// The inputs of a decoder's matrices.
public enum DecoderInput: Hashable, Sendable {
  /// The input of query, key and value.
  case attention(layer: Int)
  /// The input of attention's output matrix.
  case attentionOutput(layer: Int)
  /// The input of gate and up.
  case mlp(layer: Int)
  /// The input of down.
  case mlpOutput(layer: Int)
  /// The input of the output layer.
  case output
}

/// Called with activations [rows, columns] before matrices multiply them; must not change them.
typealias InputObserver = (DecoderInput, Tensor) throws(AllocationError) -> Void

/// Sums over positions of the squares of each column of a decoder's activations.
public struct InputSquares: Sendable {
  public private(set) var positions: Int
  private var sums: [DecoderInput: [Double]]

  /// Sums over no position.
  public init() { self.init(positions: 0, sums: [:]) }

  init(positions: Int, sums: [DecoderInput: [Double]]) {
    (self.positions, self.sums) = (positions, sums)
  }

  /// Adds the sums in `other`.
  public static func += (left: inout InputSquares, other: InputSquares) {
    left.positions += other.positions
    for (input, sums) in other.sums {
      guard let own = left.sums[input] else {
        left.sums[input] = sums
        continue
      }
      left.sums[input] = zip(own, sums).map { $0 + $1 }
    }
  }

  /// The mean of the squares of each column; nil if there was no position.
  public func means(of input: DecoderInput) -> [Float]? {
    guard positions > 0, let sums = sums[input] else { return nil }
    return sums.map { Float($0 / Double(positions)) }
  }

  /// Whether all means are finite numbers.
  public var areFinite: Bool {
    sums.values.allSatisfy { sums in
      sums.allSatisfy { Float($0 / Double(max(1, positions))).isFinite }
    }
  }
}

extension LanguageModel {
  /// The input of each parameter, with its canonical name in `named`; nil for gains, and for an
  /// embedding whose rows are only looked up.
  public var inputs: LlamaParameters<DecoderInput?> {
    var inputs = config.expectedParameters.map { _, _ in DecoderInput?.none }
    for layer in inputs.layers.indices {
      inputs.layers[layer].query = .attention(layer: layer)
      inputs.layers[layer].key = .attention(layer: layer)
      inputs.layers[layer].value = .attention(layer: layer)
      inputs.layers[layer].out = .attentionOutput(layer: layer)
      inputs.layers[layer].gate = .mlp(layer: layer)
      inputs.layers[layer].up = .mlp(layer: layer)
      inputs.layers[layer].down = .mlpOutput(layer: layer)
    }
    if hasOwnHead { inputs.output = .some(.output) } else { inputs.embedding = .output }
    return inputs
  }

  /// The number of columns of the matrices with input `input`.
  public func columns(of input: DecoderInput) -> Int {
    switch input {
    case .attention(let layer): layers[layer].query.weight.columns
    case .attentionOutput(let layer): layers[layer].out.weight.columns
    case .mlp(let layer): layers[layer].gate.weight.columns
    case .mlpOutput(let layer): layers[layer].down.weight.columns
    case .output: head.columns
    }
  }

  /// Runs all layers over x [rows, width] as `forward` does, and returns the squares of every matrix's
  /// input at every row, including the output layer's. Overwrites x.
  public func inputSquares(_ x: Tensor, spans: [SequenceSpan]) throws(AllocationError)
    -> InputSquares
  {
    let positions = x.shape[0]
    var sums: [DecoderInput: [Double]] = [:]
    let observe: InputObserver = { (input, x) throws(AllocationError) in
      try operations.addSquares(
        of: x, to: &sums[input, default: [Double](repeating: 0, count: x.width)])
    }
    let hidden = try forward(x, spans: spans, observer: observe)
    try observe(.output, norm(hidden))
    return InputSquares(positions: positions, sums: sums)
  }
}
