// The operations against plain Swift, on every row of kernels.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels
import Tensors
import TestSupport
import Testing

@testable import Computation

struct CPUOperationsTests {
  static let rows = KernelSet.runnable.map(\.name)

  private func operations(_ row: String, _ precision: Kernels.Precision = .f32) throws
    -> CPUOperations
  {
    try CPUOperations(
      kernels: try #require(KernelSet(named: row)), threads: 2, precision: precision)
  }

  @Test(arguments: rows)
  func patchesAreCutRowByRow(row: String) throws {
    let image = try Tensor((0..<32).map(Float.init), shape: [1, 2, 4, 4])
    let patches = try operations(row).patches(of: image, patchSide: 2)
    #expect(patches.shape == [4, 8])
    #expect(patches.values(ofRow: 1) == [2, 3, 6, 7, 18, 19, 22, 23])
    #expect(patches.values(ofRow: 2) == [8, 9, 12, 13, 24, 25, 28, 29])
  }

  @Test(arguments: rows)
  func biasIsAddedInBothPrecisions(row: String) throws {
    let x = try Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])
    let weight = try Tensor([1, 0, 0, 1, 1, 1] as [Float], shape: [3, 2])
    let bias = try Tensor([10, 20, 30] as [Float], shape: [3])
    for precision in Kernels.Precision.allCases {
      let y = try operations(row, precision).linear(x, weight: weight, bias: bias)
      #expect(y.floatValues == [11, 22, 33, 13, 24, 37])
    }
  }

  @Test(arguments: rows)
  func conversionsGoThereAndBack(row: String) throws {
    let operations = try operations(row)
    let x = try Tensor([0, 1, -2.5, 1e30, 0.1] as [Float], shape: [5])
    let narrow = try operations.convert(x, to: .bf16)
    #expect(narrow.elementType == .bf16)
    let back = try operations.convert(narrow, to: .f32)
    #expect(zip(back.floatValues, x.floatValues).allSatisfy { abs($0 - $1) <= abs($1) / 256 })
    #expect(back.floatValues == narrow.floatsOfBF16)
  }

  /// Softmax of scaled scores times values, written out.
  private func reference(
    _ query: [Float], _ keys: [[Float]], _ values: [[Float]], visible: Int, width: Int
  ) -> [Float] {
    let scores = (0..<visible).map { j in
      zip(query, keys[j]).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        / Double(width).squareRoot()
    }
    let largest = scores.max() ?? 0
    let powers = scores.map { exp($0 - largest) }
    let total = powers.reduce(0, +)
    return (0..<width).map { d in
      Float((0..<visible).reduce(0.0) { $0 + powers[$1] / total * Double(values[$1][d]) })
    }
  }

  @Test(arguments: rows, [(70, true), (70, false), (2100, true)])
  func attentionIsSoftmaxOverWhatIsVisible(row: String, shape: (Int, Bool)) throws {
    let operations = try operations(row)
    var random = SeededGenerator(seed: 5)
    let (length, causal) = shape
    let (heads, keyHeads, width) = (4, 2, 6)
    let keys = (0..<length).map { _ in random.floats(keyHeads * width) }
    let values = (0..<length).map { _ in random.floats(keyHeads * width) }
    let queries = (0..<length).map { _ in random.floats(heads * width).map { $0 * 3 } }
    let cache = try KeyValueCache(
      layers: 2, heads: keyHeads, headWidth: width, capacity: length, precision: .f32)
    cache.advance(by: length)
    let spans = [SequenceSpan(cache: cache, rows: 0..<length)]
    operations.append(
      keys: try Tensor(keys.flatMap { $0 }, shape: [length, keyHeads * width]),
      values: try Tensor(values.flatMap { $0 }, shape: [length, keyHeads * width]), layer: 1,
      spans: spans)
    let found = try operations.attend(
      Tensor(queries.flatMap { $0 }, shape: [length, heads * width]), layer: 1, causal: causal,
      spans: spans)
    // Keys pass in blocks of 1024.
    let checked = [0, 1, 31, 32, 47, 48, 69, 1023, 1024, 1025, 2047, 2048, 2099]
    for row in checked.filter({ $0 < length }) {
      let expected = (0..<heads).flatMap { head -> [Float] in
        let keyHead = head / (heads / keyHeads) * width
        return reference(
          Array(queries[row][head * width..<(head + 1) * width]),
          keys.map { Array($0[keyHead..<keyHead + width]) },
          values.map { Array($0[keyHead..<keyHead + width]) },
          visible: causal ? row + 1 : length, width: width)
      }
      expectClose(found.values(ofRow: row), expected, relative: 1e-5)
    }
    let alone = try operations.attend(
      Tensor(queries[length - 1], shape: [1, heads * width]), layer: 1, causal: causal,
      spans: [SequenceSpan(cache: cache, rows: 0..<1)])
    #expect(alone.values(ofRow: 0) == found.values(ofRow: length - 1))
  }
}

extension Tensor {
  var floatsOfBF16: [Float] {
    withUnsafeBytes { $0.bindMemory(to: UInt16.self).map { Float(bitPattern: UInt32($0) << 16) } }
  }
}
