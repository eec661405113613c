// Rounding between element types, judged by every number of the narrow ones.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import Tensors

private func tensor(_ bits: [UInt16], _ type: ElementType) throws -> Tensor {
  try bits.withUnsafeBytes { try Tensor(type, shape: [bits.count], copying: $0) }
}

private func bits(_ tensor: Tensor) -> [UInt16] {
  tensor.withUnsafeBytes { Array($0.bindMemory(to: UInt16.self)) }
}

private func round(_ values: [Float], to type: ElementType) throws -> [UInt16] {
  let conversion = try #require(ElementConversion(from: .f32, to: type))
  return bits(try conversion.convert(Tensor(values, shape: [values.count])))
}

@Suite struct ElementConversionTests {
  /// Every number, NaN and infinity of a type comes back from F32 as it was.
  @Test(arguments: [ElementType.f16, .bf16])
  func narrowNumbersComeBack(type: ElementType) throws {
    let all = (0...UInt16.max).map { $0 }
    let widen = try #require(ElementConversion(from: type, to: .f32))
    let back = try #require(ElementConversion(from: .f32, to: type))
    let found = bits(try back.convert(try widen.convert(tensor(all, type))))
    let exponent: UInt16 = type == .f16 ? 0x7C00 : 0x7F80
    for (before, after) in zip(all, found) {
      let isNaN = before & exponent == exponent && before & ~(exponent | 0x8000) != 0
      if isNaN {
        #expect(after & exponent == exponent && after & ~(exponent | 0x8000) != 0)
      } else {
        #expect(before == after)
      }
    }
  }

  @Test func tiesGoToEven() throws {
    // 1 + 2^-8 lies between 1 and 1 + 2^-7 of BF16, 1 + 2^-11 between 1 and 1 + 2^-10 of F16.
    #expect(
      try round([1 + 0x1p-8, 1 + 0x1.8p-7, 1 + 0x1.02p-8], to: .bf16) == [0x3F80, 0x3F82, 0x3F81])
    #expect(try round([1 + 0x1p-11, 1 + 0x1.8p-10], to: .f16) == [0x3C00, 0x3C02])
    // The smallest of F16 is 2^-24; half of it is a tie with zero.
    #expect(try round([0x1p-24, 0x1p-25, 0x1.8p-25, -0x1p-25], to: .f16) == [1, 0, 1, 0x8000])
    #expect(try round([65_519, -65_519, .infinity], to: .f16) == [0x7BFF, 0xFBFF, 0x7C00])
  }

  @Test func whatRoundsToInfinityOverflows() throws {
    for (type, value) in [(ElementType.f16, Float(65_520)), (.bf16, .greatestFiniteMagnitude)] {
      let conversion = try #require(ElementConversion(from: .f32, to: type))
      let values = try Tensor([0, .infinity, value], shape: [3])
      #expect(throws: ElementConversion.Overflow(value: value)) { try conversion.convert(values) }
    }
  }

  @Test func aSignallingNaNStaysOne() throws {
    let signalling = Float(bitPattern: 0x7F80_0001)
    #expect(try round([signalling], to: .bf16) == [0x7FC0])
  }

  @Test func otherTypesHaveNone() {
    #expect(ElementConversion(from: .i32, to: .f32) == nil)
    #expect(ElementConversion(from: .f32, to: .f64) == nil)
  }

  @Test func rowsAreAddedAndDifferencesCounted() throws {
    let first = try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [3, 2])
    var sums: [Float] = [10, 20]
    try first.addRows(to: &sums)
    #expect(sums == [19, 32])
    let second = try Tensor([1, 2, 3, 4.5, 5, 8] as [Float], shape: [3, 2])
    let found = try first.difference(from: second)
    #expect(found.count == 2 && found.largest == 2)
    #expect(first.elements(1..<3).floatValues == [2, 3])
  }
}
