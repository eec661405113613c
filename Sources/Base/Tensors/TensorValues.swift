// The elements of any tensor as doubles, for tools that show and compare them.
// SPDX-License-Identifier: Apache-2.0

extension Tensor {
  /// Elements `range` in row-major order; false is 0 and true 1. 64-bit integers are rounded.
  public func doubles(_ range: Range<Int>) -> [Double] {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return withUnsafeBytes { bytes in
      let start = range.lowerBound * elementType.byteWidth
      func load<T>(_ type: T.Type, _ convert: (T) -> Double) -> [Double] {
        (0..<range.count).map { index in
          let offset = start + index * MemoryLayout<T>.size
          return convert(bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
        }
      }
      return switch elementType {
      case .bool, .u8: load(UInt8.self) { Double($0) }
      case .i8: load(Int8.self) { Double($0) }
      case .u16: load(UInt16.self) { Double($0) }
      case .i16: load(Int16.self) { Double($0) }
      case .u32: load(UInt32.self) { Double($0) }
      case .i32: load(Int32.self) { Double($0) }
      case .u64: load(UInt64.self) { Double($0) }
      case .i64: load(Int64.self) { Double($0) }
      case .f16: load(UInt16.self) { Double(Float16(bitPattern: $0)) }
      case .bf16: load(UInt16.self) { Double(Float(bitPattern: UInt32($0) << 16)) }
      case .f32: load(Float.self) { Double($0) }
      case .f64: load(Double.self) { $0 }
      }
    }
  }

  /// All elements, see `doubles(_:)`.
  public func doubles() -> [Double] { doubles(0..<count) }
}

extension Tensor {
  /// The first element that is NaN or infinite, in row-major order; nil where all are finite, as
  /// integers are.
  public var firstNotFinite: Int? {
    withUnsafeBytes { bytes in
      /// A number is NaN or infinite if all bits of its exponent are set.
      func first<T: FixedWidthInteger>(_ type: T.Type, _ exponent: T) -> Int? {
        func isBad(_ index: Int) -> Bool {
          let offset = index * MemoryLayout<T>.size
          return bytes.loadUnaligned(fromByteOffset: offset, as: type) & exponent == exponent
        }
        // Without leaving early, so that the loop is one of vectors.
        var isAnyBad = false
        for index in 0..<count { isAnyBad = isBad(index) || isAnyBad }
        return isAnyBad ? (0..<count).first(where: isBad) : nil
      }
      return switch elementType {
      case .f16: first(UInt16.self, 0x7C00)
      case .bf16: first(UInt16.self, 0x7F80)
      case .f32: first(UInt32.self, 0x7F80_0000)
      case .f64: first(UInt64.self, 0x7FF0_0000_0000_0000)
      default: nil
      }
    }
  }
}

/// Statistics of the elements of a tensor.
public struct TensorSummary: Equatable, Sendable {
  /// Over the finite elements; nil if there are none.
  public private(set) var minimum: Double?
  public private(set) var maximum: Double?
  public private(set) var mean: Double?
  /// Divided by the count, not by the count minus one.
  public private(set) var deviation: Double?
  public private(set) var notANumber = 0
  public private(set) var infinite = 0

  /// Looks at all elements of `tensor`.
  public init(_ tensor: Tensor) {
    var (count, mean, squares) = (0.0, 0.0, 0.0)
    // A chunk at a time: the doubles take up to eight times the tensor's memory.
    for start in stride(from: 0, to: tensor.count, by: 1 << 16) {
      for value in tensor.doubles(start..<min(tensor.count, start + 1 << 16)) {
        guard value.isFinite else {
          if value.isNaN { notANumber += 1 } else { infinite += 1 }
          continue
        }
        minimum = Swift.min(minimum ?? value, value)
        maximum = Swift.max(maximum ?? value, value)
        // Welford's update: no cancellation when the mean is large.
        count += 1
        let distance = value - mean
        mean += distance / count
        squares += distance * (value - mean)
      }
    }
    guard count > 0 else { return }
    self.mean = mean
    deviation = (squares / count).squareRoot()
  }
}
