// The angles by which heads are rotated.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import Operations
import TestSupport
import Testing

struct RotaryEmbeddingTests {
  @Test func anglesArePositionsTimesFrequencies() throws {
    let rotary = RotaryEmbedding(headWidth: 8, theta: 10_000)
    let angles = try rotary.angles(at: [0, 3])
    #expect(angles.cosine.shape == [2, 4] && angles.sine.shape == [2, 4])
    #expect(angles.cosine.values(ofRow: 0) == [1, 1, 1, 1])
    #expect(angles.sine.values(ofRow: 0) == [0, 0, 0, 0])
    let expected = (0..<4).map { 3 / pow(10_000.0, Double($0) / 4) }
    expectClose(angles.cosine.values(ofRow: 1), expected.map { Float(cos($0)) }, relative: 1e-6)
    expectClose(angles.sine.values(ofRow: 1), expected.map { Float(sin($0)) }, relative: 1e-6)
  }

  @Test func linearScalingStretchesPositions() throws {
    let plain = try RotaryEmbedding(headWidth: 8, theta: 500).angles(at: [2])
    let stretched = try RotaryEmbedding(headWidth: 8, theta: 500, linearFactor: 4).angles(at: [8])
    expectClose(stretched.sine.floatValues, plain.sine.floatValues, relative: 1e-6)
  }
}
