// What the weights themselves tell: their identity, and whether they are finite.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

struct WeightsTests {
  @Test func identityNamesTheContent() throws {
    let shards = try Fixture.llava(.llavaHF)
    let renamed = try Fixture.llava(.transformers5)
    let first = try ModelDirectory.open(model: shards.path).projectorCheckpoint().weights.identity()
    let second = try ModelDirectory.open(model: renamed.path).projectorCheckpoint().weights
    #expect(first.hasPrefix("sha256:"))
    #expect(first.utf8.count == 7 + 64)
    #expect(
      try ModelDirectory.open(model: shards.path).projectorCheckpoint().weights.identity() == first)
    // The fixture's bytes depend on their place in the file, which is the same in both layouts.
    #expect(try second.identity() == first)
    let trained = try Fixture.llava { $0.insert(FixtureTensor(name: "other", shape: [1]), at: 0) }
    let third = try ModelDirectory.open(model: trained.path).projectorCheckpoint().weights
    #expect(try third.identity() != first)
  }

  /// A projector file whose weight is too large to be hashed whole.
  private func large(byteAt index: Int?) throws -> String {
    let weight = try Tensor(.bf16, shape: [256, 256])
    weight.withUnsafeMutableBytes { if let index { $0[index] = 1 } }
    let bias = try Tensor(.bf16, shape: [256])
    let directory = try TemporaryDirectory()
    let path = directory.file("p.safetensors")
    try SafetensorsWriter.write(
      ["model.mm_projector.weight": weight, "model.mm_projector.bias": bias], to: path)
    return try ModelDirectory.open(model: nil, projector: path).projectorCheckpoint().weights
      .identity()
  }

  @Test func identitySamplesLargeTensors() throws {
    let plain = try large(byteAt: nil)
    #expect(try large(byteAt: nil) == plain)
    let middle = (256 * 256 * 2 - 64) / 2
    let changed = try [0, 63, middle, middle + 63, 256 * 256 * 2 - 1].map { try large(byteAt: $0) }
    #expect(Set(changed + [plain]).count == 6)
  }

  @Test func countsWhatIsNotFinite() throws {
    let values: [Float] = [0, .nan, -.infinity, 1, .greatestFiniteMagnitude]
    #expect(nonFiniteCount(try Tensor(values, shape: [5])) == 2)
    let bits: [UInt16] = [0x7F80, 0xFF81, 0x7F7F, 0x7C00]
    let counts = try [ElementType.bf16, .f16].map { type in
      try bits.withUnsafeBytes { nonFiniteCount(try Tensor(type, shape: [4], copying: $0)) }
    }
    // As f16, all four have the exponent's bits set.
    #expect(counts == [2, 4])
    let bad = try Tensor(values, shape: [5, 1])
    let bias = try Tensor([Float](repeating: 0, count: 5), shape: [5])
    let directory = try TemporaryDirectory()
    let path = directory.file("p.safetensors")
    try SafetensorsWriter.write(["mm_projector.weight": bad, "mm_projector.bias": bias], to: path)
    let found = try ModelDirectory.open(model: nil, projector: path).projectorCheckpoint().weights
      .nonFiniteTensors()
    #expect(found.map(\.name) == ["projector.0.weight"])
    #expect(found.map(\.count) == [2])
  }
}
