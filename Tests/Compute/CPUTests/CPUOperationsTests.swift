// The operations against plain Swift, on every set of kernels.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import Operations
import Tensors
import TestSupport
import Testing

@testable import CPU

struct CPUOperationsTests {
  static let sets = KernelSet.runnable.map(\.name)

  private func operations(_ set: String, _ precision: Precision = .f32) throws
    -> CPUOperations
  {
    try CPUOperations(
      kernels: try #require(KernelSet(named: set)), threads: 2, precision: precision)
  }

  @Test(arguments: sets)
  func patchesAreCutRowByRow(set: String) throws {
    let image = try Tensor((0..<32).map(Float.init), shape: [1, 2, 4, 4])
    let patches = try operations(set).patches(of: image, patchSide: 2)
    #expect(patches.shape == [4, 8])
    #expect(patches.values(ofRow: 1) == [2, 3, 6, 7, 18, 19, 22, 23])
    #expect(patches.values(ofRow: 2) == [8, 9, 12, 13, 24, 25, 28, 29])
  }

  @Test(arguments: sets)
  func biasIsAddedInBothPrecisions(set: String) throws {
    let x = try Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])
    let weight = Weight(f32: try Tensor([1, 0, 0, 1, 1, 1] as [Float], shape: [3, 2]))
    let bias = Weight(f32: try Tensor([10, 20, 30] as [Float], shape: [3]))
    for precision in Precision.allCases {
      let y = try operations(set, precision).linear(x, weight: weight, bias: bias)
      #expect(y.floatValues == [11, 22, 33, 13, 24, 37])
    }
  }

  @Test(arguments: sets)
  func conversionsGoThereAndBack(set: String) throws {
    let operations = try operations(set)
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

  private struct Sequence {
    let heads = 4, keyHeads = 2, width = 6
    let length: Int
    let keys: [[Float]]
    let values: [[Float]]
    let queries: [[Float]]

    init(length: Int, keyHeads: Int? = nil) {
      var random = SeededGenerator(seed: 5)
      let (heads, keyHeads, width) = (heads, keyHeads ?? 2, width)
      self.length = length
      keys = (0..<length).map { _ in random.floats(keyHeads * width) }
      values = (0..<length).map { _ in random.floats(keyHeads * width) }
      queries = (0..<length).map { _ in random.floats(heads * width).map { $0 * 3 } }
    }

    func tensor(_ rows: [[Float]]) throws -> Tensor {
      try Tensor(rows.flatMap { $0 }, shape: [rows.count, rows[0].count])
    }
  }

  /// What attention makes of row `row` of a sequence.
  private func expected(_ sequence: Sequence, row: Int, visible: Int) -> [Float] {
    let (heads, width) = (sequence.heads, sequence.width)
    let keyHeads = sequence.keys[0].count / width
    return (0..<heads).flatMap { head -> [Float] in
      let keyHead = head / (heads / keyHeads) * width
      return reference(
        Array(sequence.queries[row][head * width..<(head + 1) * width]),
        sequence.keys.map { Array($0[keyHead..<keyHead + width]) },
        sequence.values.map { Array($0[keyHead..<keyHead + width]) }, visible: visible,
        width: width)
    }
  }

  /// Keys pass in blocks of 1024.
  private static let checked = [0, 1, 31, 32, 47, 48, 69, 1023, 1024, 1025, 2047, 2048, 2099]

  @Test(arguments: sets, [70, 2100])
  func attentionIsSoftmaxOverWhatIsVisible(set: String, length: Int) throws {
    let operations = try operations(set)
    let sequence = Sequence(length: length)
    let width = sequence.width
    let store = try operations.makeAttentionStore(
      AttentionShape(layers: 2, heads: sequence.keyHeads, headWidth: width), capacity: length)
    store.advance(by: length)
    let spans = [SequenceSpan(store: store, rows: 0..<length)]
    operations.append(
      keys: try sequence.tensor(sequence.keys), values: try sequence.tensor(sequence.values),
      layer: 1, spans: spans)
    let found = try operations.attend(sequence.tensor(sequence.queries), layer: 1, spans: spans)
    for row in Self.checked.filter({ $0 < length }) {
      expectClose(
        found.values(ofRow: row), expected(sequence, row: row, visible: row + 1), relative: 1e-5)
    }
    let alone = try operations.attend(
      sequence.tensor([sequence.queries[length - 1]]), layer: 1,
      spans: [SequenceSpan(store: store, rows: 0..<1)])
    #expect(alone.values(ofRow: 0) == found.values(ofRow: length - 1))
  }

  /// Without a store, rows see all of their span and nothing of the others.
  @Test(arguments: sets)
  func attentionWithinSpansSeesAllOfThem(set: String) throws {
    let operations = try operations(set)
    let sequence = Sequence(length: 70, keyHeads: 4)
    func attend(_ rows: [Range<Int>]) throws -> Tensor {
      let all = rows.flatMap { $0 }
      var first = 0
      let spans = rows.map { rows -> Range<Int> in
        defer { first += rows.count }
        return first..<first + rows.count
      }
      return try operations.attend(
        sequence.tensor(all.map { sequence.queries[$0] }),
        keys: sequence.tensor(all.map { sequence.keys[$0] }),
        values: sequence.tensor(all.map { sequence.values[$0] }), headWidth: sequence.width,
        within: spans
      ).output
    }
    let whole = try attend([0..<70])
    for row in Self.checked.filter({ $0 < 70 }) {
      expectClose(
        whole.values(ofRow: row), expected(sequence, row: row, visible: 70), relative: 1e-5)
    }
    let twice = try attend([0..<70, 0..<70])
    #expect(twice.rows(0..<70).hasSameBytes(as: whole))
    #expect(twice.rows(70..<140).hasSameBytes(as: whole))
  }
}

extension Tensor {
  var floatsOfBF16: [Float] {
    withUnsafeBytes { $0.bindMemory(to: UInt16.self).map { Float(bitPattern: UInt32($0) << 16) } }
  }
}
