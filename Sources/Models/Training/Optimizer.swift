// What changes which parameters, and what it keeps of each between two steps.
// SPDX-License-Identifier: Apache-2.0
import Tensors

/// An optimiser.
public enum Optimizer: String, CaseIterable, Sendable {
  case adamw
  /// Muon for the matrices inside layers and for the projector's, AdamW for everything else.
  case muon

  /// The method that updates the parameter `name`.
  ///
  /// Embeddings, including the vision tower's, and the output layer are tables whose rows a step updates one
  /// by one, and norms and biases are vectors: orthogonal updates make no sense for them. An adapter's
  /// matrices are updated like the matrices that they adapt, each separately, as torch.optim.Muon does with
  /// peft's.
  func method(of name: String, shape: [Int]) -> Optimizer {
    let insides = ["vision.layers.", "projector.", "language.layers."]
    let isInside = insides.contains { name.hasPrefix($0) }
    return self == .muon && shape.count == 2 && isInside ? .muon : .adamw
  }

  /// State numbers per element of a parameter.
  var statesPerElement: Int { self == .muon ? 1 : 2 }
}

/// How Muon scales the learning rate by a matrix's shape, by the names of torch.optim.Muon.
public enum MuonAdjustment: String, CaseIterable, Sendable {
  /// sqrt(max(1, rows / columns)), as in Jordan's own.
  case original
  /// 0.2 sqrt(max(rows, columns)): updates are about as large as AdamW's with the same rate (Liu et
  /// al., arXiv 2502.16982).
  case matchAdamW = "match_rms_adamw"

  func factor(rows: Int, columns: Int) -> Double {
    switch self {
    case .original: max(1, Double(rows) / Double(columns)).squareRoot()
    case .matchAdamW: 0.2 * Double(max(rows, columns)).squareRoot()
    }
  }
}

/// The optimiser state of a parameter, f32 with its shape; updated in place.
public enum OptimizerState: Sendable {
  case adamw(first: Tensor, second: Tensor)
  case muon(momentum: Tensor)

  /// The state of `method`; `make` returns each tensor by its name.
  init<E>(_ method: Optimizer, _ make: (_ kind: String) throws(E) -> Tensor) throws(E) {
    switch method {
    case .adamw: self = .adamw(first: try make("first_moments"), second: try make("second_moments"))
    case .muon: self = .muon(momentum: try make("momenta"))
    }
  }

  /// The tensors with their names, in one order.
  public var named: [(kind: String, tensor: Tensor)] {
    switch self {
    case .adamw(let first, let second): [("first_moments", first), ("second_moments", second)]
    case .muon(let momentum): [("momenta", momentum)]
    }
  }
}

extension TrainedParameters<[Int]> {
  /// The shapes of the matrices that Muon updates; none for another optimiser.
  func muonMatrices(_ optimizer: Optimizer) -> [[Int]] {
    named.filter { optimizer.method(of: $0.name, shape: $0.value) == .muon }.map(\.value)
  }
}
