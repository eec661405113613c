// How the numbers of a new parameter are drawn, as functions of a seed, its name and their places.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import Randomness
import Tensors

/// The distribution of the elements of a new parameter.
public enum Distribution: Equatable, Sendable {
  case constant(Float)
  /// Uniform from `-bound` up to but without `bound`.
  case uniform(bound: Double)
  /// Normal with mean 0.
  case normal(deviation: Double)

  /// Fills `tensor`, F32. The same seed, name and place give the same number, whatever else is drawn.
  public func fill(_ tensor: Tensor, name: String, seed: UInt64) {
    switch self {
    case .constant(let value):
      Self.fill(tensor, name, seed) { _, _ in value }
    case .uniform(let bound):
      Self.fill(tensor, name, seed) { draws, index in
        Float((2 * draws.uniform(index) - 1) * bound)
      }
    case .normal(let deviation):
      // Box and Muller's method, one number of each pair.
      Self.fill(tensor, name, seed) { draws, index in
        let radius = sqrt(-2 * log(1 - draws.uniform(2 * index)))
        return Float(deviation * radius * cos(2 * .pi * draws.uniform(2 * index + 1)))
      }
    }
  }

  private static func fill(
    _ tensor: Tensor, _ name: String, _ seed: UInt64,
    _ value: (PlacedRandom, _ index: UInt64) -> Float
  ) {
    precondition(tensor.elementType == .f32, "\(tensor.elementType.rawValue) is drawn as F32")
    // By its name: a place that does not depend on what else is drawn.
    let draws = PlacedRandom(seed: seed, for: .initialisation, nameHash(name))
    tensor.withUnsafeMutableBytes { bytes in
      for (index, _) in bytes.bindMemory(to: Float.self).enumerated() {
        bytes.storeBytes(
          of: value(draws, UInt64(index)), toByteOffset: 4 * index, as: Float.self)
      }
    }
  }
}

extension Distribution {
  /// PyTorch's for a Linear of so many inputs, its weight and its bias.
  public static func linear(inputs: Int) -> Distribution {
    .uniform(bound: 1 / Double(max(1, inputs)).squareRoot())
  }
}
