// Summaries and comparisons of tensors and records.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Streams
import Tensors
import Testing

private func floats(_ values: [Float], shape: [Int]) throws -> Tensor {
  try Tensor(values, shape: shape)
}

private func bytes<T>(_ type: ElementType, _ values: [T]) throws -> Tensor {
  try values.withUnsafeBytes { try Tensor(type, shape: [values.count], copying: $0) }
}

@Test func readsEveryElementType() throws {
  #expect(try bytes(.bool, [UInt8(0), 1]).doubles() == [0, 1])
  #expect(try bytes(.u8, [UInt8(0), 255]).doubles() == [0, 255])
  #expect(try bytes(.i8, [Int8(-128), 127]).doubles() == [-128, 127])
  #expect(try bytes(.u16, [UInt16(1), .max]).doubles() == [1, 65535])
  #expect(try bytes(.i16, [Int16.min, 5]).doubles() == [-32768, 5])
  #expect(try bytes(.u32, [UInt32.max]).doubles() == [4_294_967_295])
  #expect(try bytes(.i32, [Int32.min]).doubles() == [-2_147_483_648])
  #expect(try bytes(.u64, [UInt64(1) << 60]).doubles() == [Double(UInt64(1) << 60)])
  #expect(try bytes(.i64, [Int64(-7)]).doubles() == [-7])
  #expect(try bytes(.f16, [UInt16(0x3C00), 0xC000]).doubles() == [1, -2])
  #expect(try bytes(.bf16, [UInt16(0x3F80), 0xC000]).doubles() == [1, -2])
  #expect(try bytes(.f32, [Float(0.5)]).doubles() == [0.5])
  #expect(try bytes(.f64, [0.1, -0.1]).doubles(1..<2) == [-0.1])
}

@Test func summarises() throws {
  let summary = TensorSummary(try floats([1, 3, .nan, .infinity, -4], shape: [5]))
  #expect(summary.minimum == -4)
  #expect(summary.maximum == 3)
  #expect(summary.mean == 0)
  #expect(abs((summary.deviation ?? 0) - (26.0 / 3).squareRoot()) < 1e-12)
  #expect(summary.notANumber == 1)
  #expect(summary.infinite == 1)
  let empty = TensorSummary(try floats([], shape: [0]))
  #expect(empty.minimum == nil)
  #expect(empty.mean == nil)
  // More than one chunk, with a mean that is large against the deviation.
  let many = TensorSummary(try Tensor((0..<200_000).map { Float(1000 + $0 % 2) }, shape: [200_000]))
  #expect(many.mean == 1000.5)
  #expect(abs((many.deviation ?? 0) - 0.5) < 1e-9)
}

@Test func comparesWithinATolerance() throws {
  let expected = try floats([1, 2, 0, -8], shape: [2, 2])
  let found = try floats([1, 2, 0.5, -8], shape: [2, 2])
  let comparison = TensorComparison(found, expected)
  #expect(comparison.largestDifference == 0.5)
  #expect(comparison.relativeDifference == 0.0625)
  #expect(abs(comparison.leastCosine - 8 / (64.25).squareRoot()) < 1e-12)
  #expect(!comparison.lies(within: Tolerance()))
  #expect(comparison.lies(within: Tolerance(absolute: 0.5)))
  #expect(!comparison.lies(within: Tolerance(relative: 0.0624)))
  #expect(comparison.lies(within: Tolerance(relative: 0.0625)))
  #expect(!comparison.lies(within: Tolerance(absolute: 1, cosine: 0.9999)))
  #expect(TensorComparison(expected, expected).lies(within: Tolerance(cosine: 1)))
}

@Test func whatIsNoNumberDiffers() throws {
  let one = try floats([1], shape: [1])
  let none = try floats([.nan], shape: [1])
  #expect(TensorComparison(none, one).largestDifference == .infinity)
  #expect(TensorComparison(one, none).largestDifference == .infinity)
  #expect(TensorComparison(none, none).largestDifference == 0)
  #expect(!TensorComparison(none, one).lies(within: Tolerance(relative: 1, absolute: 1e30)))
  // A row with infinity has no angle: only the same row agrees.
  let infinite = try floats([.infinity, 1], shape: [1, 2])
  let other = try floats([.infinity, 2], shape: [1, 2])
  #expect(TensorComparison(infinite, other).leastCosine == -1)
  #expect(TensorComparison(none, one).leastCosine == -1)
  #expect(TensorComparison(infinite, infinite).lies(within: Tolerance(cosine: 1)))
  let zero = try floats([0], shape: [1])
  #expect(TensorComparison(zero, zero).relativeDifference == 0)
  #expect(TensorComparison(zero, zero).leastCosine == 1)
  #expect(TensorComparison(zero, one).leastCosine == 0)
  #expect(TensorComparison(one, zero).relativeDifference == .infinity)
}

@Test func recordsDifferByMoreThanNumbers() throws {
  func records(_ bytes: [UInt8]) throws -> [StreamRecord] {
    let reader = try TensorStreamReader(MemorySource(bytes))
    var records: [StreamRecord] = []
    while let record = try reader.next() { records.append(record) }
    return records
  }
  func reason(_ left: StreamRecord, _ right: StreamRecord) -> String {
    switch RecordComparison(left, right) {
    case .different(let reason): reason
    case .compared(let comparisons): "compared \(comparisons.map(\.name))"
    }
  }
  let found = try records(sampleStream())
  #expect(reason(found[0], found[0]) == "compared [\"image_rows\", \"features\"]")
  #expect(reason(found[1], found[1]) == "compared []")
  #expect(reason(found[0], found[2]) == "id photo 0.jpg, expected photo 1.jpg")
  #expect(reason(found[0], found[1]).hasPrefix("id "))
}
