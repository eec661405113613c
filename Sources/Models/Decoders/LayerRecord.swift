// What layers keep for their gradients.
// SPDX-License-Identifier: Apache-2.0
import Operations
import Tensors

/// Which activations a layer keeps: a trade-off of memory and computation, without effect on results.
public struct KeptActivations: Equatable, Sendable {
  /// The first so many layers keep only their input, and are recomputed in the backward pass.
  public var recomputedLayers: Int

  public init(recomputedLayers: Int) { self.recomputedLayers = recomputedLayers }

  /// No product is computed twice.
  public static let everything = KeptActivations(recomputedLayers: 0)
  public static let inputs = KeptActivations(recomputedLayers: .max)
}

/// The activations that avoid recomputing matrix products; norms, rotations and the gate are recomputed.
struct LayerActivations {
  /// Rotated queries and keys [rows, heads * headWidth], values.
  let query, keys, values: Tensor
  let attention: AttentionRecord
  /// [rows, width] after attention.
  let middle: Tensor
  /// [rows, intermediateWidth] each.
  let gate, up: Tensor
  /// The intermediates of the low-rank pairs, [rows, rank] of query, key, value, out, gate, up and down.
  let inner: [Tensor?]

  /// Bytes per row in F32, for an estimate.
  static func bytesPerRow(width: Int, mixed: Int, shared: Int, intermediate: Int, rank: Int) -> Int
  {
    // The layer's input, its middle; queries and attention's output; keys and values; gate and up.
    4 * (2 * width + 2 * mixed + 2 * shared + 2 * intermediate + 7 * rank)
  }
}

/// A layer's input [rows, width], and the other activations it keeps.
struct LayerRecord {
  let input: Tensor
  let activations: LayerActivations?
}

/// A key for each row, for the dropout of an adapter's input.
public struct AdapterDropout: Sendable {
  public let rate: Double
  /// Depends on seed, record and row.
  public let rowKeys: [UInt64]

  public init(rate: Double, rowKeys: [UInt64]) { (self.rate, self.rowKeys) = (rate, rowKeys) }

  /// The mask of linear layer `module` of layer `layer`.
  func mask(layer: Int, module: Int) -> DropoutMask {
    let place = UInt64(8 * layer + module)
    return DropoutMask(
      rate: rate, rowKeys: rowKeys.map { Self.mixed($0 &+ place &* 0x9e37_79b9_7f4a_7c15) })
  }

  private static func mixed(_ value: UInt64) -> UInt64 {
    var value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value >> 31
  }
}
