// The angles of rotary position embeddings.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import Tensors

/// Rotary position embeddings (RoFormer, arXiv 2104.09864, in the half-split pairing of LLaMA's
/// transformers port).
public struct RotaryEmbedding: Sendable {
  package let headWidth: Int
  /// The frequency of each pair, in radians per position.
  private let frequencies: [Float]

  /// Angle of pair i at position p: p / factor / theta^(2 i / headWidth).
  public init(headWidth: Int, theta: Double, linearFactor: Double = 1) {
    self.headWidth = headWidth
    // The reference keeps frequencies and angles in f32; so do we, to agree at far positions.
    frequencies = (0..<headWidth / 2).map { i -> Float in
      Float(1 / pow(theta, Double(Float(2 * i) / Float(headWidth)))) / Float(linearFactor)
    }
  }

  /// The angles at some positions, one row each.
  public func angles(at positions: [Int32]) throws(AllocationError) -> RotaryAngles {
    let shape = [positions.count, frequencies.count]
    let cosine = try Tensor(uninitialized: .f32, shape: shape)
    let sine = try Tensor(uninitialized: .f32, shape: shape)
    let (cosines, sines) = (cosine.mutableFloats, sine.mutableFloats)
    for (row, position) in positions.enumerated() {
      for (pair, frequency) in frequencies.enumerated() {
        let angle = Double(Float(position) * frequency)
        cosines[row * frequencies.count + pair] = Float(cos(angle))
        sines[row * frequencies.count + pair] = Float(sin(angle))
      }
    }
    return RotaryAngles(cosine: cosine, sine: sine, headWidth: headWidth)
  }
}

/// Cosines and sines [rows, headWidth / 2] of the angles by which rows are rotated.
public struct RotaryAngles: Sendable {
  public let cosine: Tensor
  public let sine: Tensor
  public let headWidth: Int

  package init(cosine: Tensor, sine: Tensor, headWidth: Int) {
    (self.cosine, self.sine, self.headWidth) = (cosine, sine, headWidth)
  }
}
