// Tensors as views: shapes, rows, bytes, and sizes that no memory has.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import Tensors

struct TensorTests {
  @Test func rowsShareTheStorage() throws {
    let tensor = try Tensor((0..<12).map(Float.init), shape: [4, 3])
    let rows = tensor.rows(1..<3)
    #expect(rows.shape == [2, 3])
    #expect(rows.floatValues == [3, 4, 5, 6, 7, 8])
    tensor.withUnsafeMutableBytes { $0.storeBytes(of: Float(99), toByteOffset: 12, as: Float.self) }
    #expect(rows.values(ofRow: 0) == [99, 4, 5])
    #expect(rows.reshaped([3, 2]).rows(2..<3).floatValues == [7, 8])
  }

  @Test(arguments: [[Int.max, 2], [1 << 40, 1 << 40], [-1, 4], [1 << 62]])
  func absurdShapesAreRefused(shape: [Int]) {
    #expect(throws: AllocationError.self) { try Tensor(.f32, shape: shape) }
    #expect(throws: AllocationError.self) { try Tensor(uninitialized: .f32, shape: shape) }
  }

  @Test(arguments: [ElementType.f16, .bf16, .f32])
  func theFirstNumberThatIsNoneIsFound(type: ElementType) throws {
    let numbers: [Float] = [0, -1, 60_000, 1e-7, .infinity, 3, .nan, -.infinity]
    for first in 0...numbers.count {
      let some = Array(numbers[first...])
      let floats = try Tensor(some, shape: [some.count])
      let tensor = try #require(ElementConversion(from: .f32, to: type)).convert(floats)
      #expect(tensor.firstNotFinite == some.firstIndex { !$0.isFinite }, "\(some)")
    }
    #expect(try Tensor([Int32.max, -1], shape: [2]).firstNotFinite == nil)
  }

  @Test func emptyTensorsWork() throws {
    let empty = try Tensor(.f32, shape: [0, 4096])
    #expect(empty.count == 0 && empty.floatValues.isEmpty)
    #expect(try empty.widened().shape == [0, 4096])
    #expect(empty.hasSameBytes(as: try Tensor([Float](), shape: [0, 4096])))
  }

  @Test func newTensorsAreZeroAndAligned() throws {
    for _ in 0..<3 {
      let tensor = try Tensor(.f32, shape: [1000])
      #expect(tensor.floatValues.allSatisfy { $0 == 0 })
      #expect(UInt(bitPattern: tensor.rawBase) % 64 == 0)
      _ = tensor.withUnsafeMutableBytes { $0.initializeMemory(as: UInt8.self, repeating: 7) }
    }
  }

  @Test func blocksAreUsedAgain() throws {
    let address = try UInt(bitPattern: Tensor(uninitialized: .f32, shape: [123_457]).rawBase)
    let again = try UInt(bitPattern: Tensor(uninitialized: .f32, shape: [123_457]).rawBase)
    #expect(address == again)
  }

  @Test func halvesWiden() throws {
    let halves: [UInt16] = [0x3F80, 0xC000, 0x7C00, 0x0001]
    let bytes = halves.withUnsafeBytes { Array($0) }
    let wide = try bytes.withUnsafeBytes { try Tensor(.bf16, shape: [4], copying: $0) }.widened()
    #expect(wide.floatValues == halves.map { Float(bitPattern: UInt32($0) << 16) })
    let f16 = try bytes.withUnsafeBytes { try Tensor(.f16, shape: [4], copying: $0) }.widened()
    #expect(f16.floatValues == halves.map { Float(Float16(bitPattern: $0)) })
  }

  @Test(arguments: [1, 2, 3, 7, 100])
  func blocksFillATensor(blockRows: Int) throws {
    var ranges: [Range<Int>] = []
    let made = try Tensor(.f32, shape: [7, 2], blockRows: blockRows) { range in
      ranges.append(range)
      return try Tensor(range.flatMap { [Float($0), -Float($0)] }, shape: [range.count, 2])
    }
    #expect(made.floatValues == (0..<7).flatMap { [Float($0), -Float($0)] })
    #expect(ranges.allSatisfy { $0.count <= blockRows })
    #expect(try Tensor(.f32, shape: [0, 2], blockRows: 4) { _ in made }.count == 0)
  }

  @Test func pixelsJoin() throws {
    let parts = try (0..<3).map { value in
      let bytes = [UInt8](repeating: UInt8(value), count: 4)
      return try bytes.withUnsafeBytes { try Tensor(.u8, shape: [2, 2], copying: $0) }
    }
    let joined = try Tensor(joining: parts, shape: [2, 2])
    #expect(joined.shape == [3, 2, 2])
    #expect(joined.withUnsafeBytes { Array($0) } == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2])
    #expect(try Tensor(joining: [], shape: [2, 2]).shape == [0, 2, 2])
  }
}
