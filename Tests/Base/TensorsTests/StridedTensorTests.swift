// Copies of strided views against a loop over their definition.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import Tensors

@Suite struct StridedTensorTests {
  private static let widths: [ElementType] = [.u8, .i8, .bool, .f16, .bf16, .i32, .f32, .i64, .f64]

  /// Every rank, every width, every byte that an element may begin at.
  @Test(arguments: 0...8) func againstTheDefinition(rank: Int) throws {
    var random = SeededGenerator(seed: UInt64(rank))
    for _ in 0..<amount(40, soak: 2000) {
      let shape = (0..<rank).map { _ in Int.random(in: 1...3, using: &random) }
      let strides = shape.map { size in
        size == 1 ? Int.random(in: 0...9, using: &random) : Int.random(in: 0...5, using: &random)
      }
      for type in Self.widths {
        try Self.compare(type, shape, strides, byteOffset: Int.random(in: 0...17, using: &random))
      }
    }
  }

  @Test(arguments: [
    ([0], [1]), ([3, 0, 2], [1, 1, 1]), ([0, 5], [Int.max, Int.max]), ([1 << 40, 0], [0, 0]),
  ])
  func noElements(shape: [Int], strides: [Int]) throws {
    try Self.compare(.f32, shape, strides, byteOffset: 3)
  }

  /// A dimension of one element has a stride that means nothing.
  @Test(arguments: [
    ([1], [Int.max]), ([2, 1], [1, Int.max]), ([1, 3, 1], [Int.max, 2, Int.max / 2]),
  ])
  func strideOfOneElement(shape: [Int], strides: [Int]) throws {
    for type in Self.widths { try Self.compare(type, shape, strides, byteOffset: 1) }
  }

  private static func compare(
    _ type: ElementType, _ shape: [Int], _ strides: [Int], byteOffset: Int
  ) throws {
    let width = type.byteWidth
    let positions = shape.contains(0) ? [] : elementOffsets(shape, strides)
    let count = byteOffset + ((positions.max() ?? -1) + 1) * width
    // The view ends where its storage does: one byte more would be outside.
    let source = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13) }
    let storage = try TensorStorage(byteCount: count)
    UnsafeMutableRawBufferPointer(start: storage.base, count: count).copyBytes(from: source)
    let tensor = try Tensor(
      type, shape: shape, strides: strides, copying: storage, byteOffset: byteOffset)
    let expected = positions.flatMap { position in
      (0..<width).map { source[byteOffset + position * width + $0] }
    }
    #expect(tensor.elementType == type && tensor.shape == shape)
    let found = tensor.withUnsafeBytes { Array($0) }
    #expect(found == expected, "\(type) \(shape) \(strides) at \(byteOffset)")
  }

  /// Where the elements lie, in elements, in the order of rows.
  private static func elementOffsets(_ shape: [Int], _ strides: [Int]) -> [Int] {
    zip(shape, strides).reduce([0]) { offsets, dimension in
      offsets.flatMap { offset in
        (0..<dimension.0).map { $0 == 0 ? offset : offset + $0 * dimension.1 }
      }
    }
  }
}
