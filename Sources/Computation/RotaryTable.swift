// The angles of rotary position embeddings.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import Tensors

/// Cosines and sines [positions, headWidth / 2] of rotary position embeddings (RoFormer,
/// arXiv 2104.09864, in the half-split pairing of LLaMA's transformers port).
public struct RotaryTable: Sendable {
  let cosine: Tensor
  let sine: Tensor
  let headWidth: Int
  public let positions: Int

  /// Angle of pair i at position p: p / factor / theta^(2 i / headWidth).
  public init(positions: Int, headWidth: Int, theta: Double, linearFactor: Double = 1)
    throws(AllocationError)
  {
    let half = headWidth / 2
    var cosines: [Float] = []
    var sines: [Float] = []
    // The reference keeps frequencies and angles in f32; so do we, to agree at far positions.
    let frequencies = (0..<half).map { i -> Float in
      Float(1 / pow(theta, Double(Float(2 * i) / Float(headWidth)))) / Float(linearFactor)
    }
    for position in 0..<positions {
      for frequency in frequencies {
        let angle = Float(position) * frequency
        cosines.append(Float(cos(Double(angle))))
        sines.append(Float(sin(Double(angle))))
      }
    }
    cosine = try Tensor(cosines, shape: [positions, half])
    sine = try Tensor(sines, shape: [positions, half])
    self.headWidth = headWidth
    self.positions = positions
  }
}
