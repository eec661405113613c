// Weights converted to another element type, rounded to nearest.
// SPDX-License-Identifier: Apache-2.0

/// A conversion among F32, F16 and BF16: to nearest, ties to even. NaN stays NaN, infinity stays.
public struct ElementConversion: Sendable {
  public let source: ElementType
  public let target: ElementType

  /// Nil unless both are F32, F16 or BF16.
  public init?(from source: ElementType, to target: ElementType) {
    let known: [ElementType] = [.f32, .f16, .bf16]
    guard known.contains(source), known.contains(target) else { return nil }
    (self.source, self.target) = (source, target)
  }

  /// A finite number out of the target's range.
  public struct Overflow: Error, Equatable, Sendable {
    public let value: Float
  }

  /// `tensor` in the target's type, on the calling thread. Throws `Overflow`, or `AllocationError`.
  public func convert(_ tensor: Tensor) throws -> Tensor {
    precondition(tensor.elementType == source, "\(tensor.elementType.rawValue) is no \(source)")
    if source == target { return tensor }
    let wide = try tensor.widened()
    if target == .f32 { return wide }
    let narrow = try Tensor(uninitialized: target, shape: tensor.shape)
    let bits = narrow.mutableRawBase.assumingMemoryBound(to: UInt16.self)
    defer { withExtendedLifetime((wide, narrow)) {} }
    if let place = target == .bf16 ? toBF16(wide, bits) : toF16(wide, bits) {
      throw Overflow(value: wide.floats[place])
    }
    return narrow
  }

  /// Returns the index of an element that overflows.
  private func toBF16(_ wide: Tensor, _ bits: UnsafeMutablePointer<UInt16>) -> Int? {
    let (floats, count) = (wide.floats, wide.count)
    var overflow: Int?
    for index in 0..<count {
      let pattern = floats[index].bitPattern
      let isFinite = pattern & 0x7F80_0000 != 0x7F80_0000
      if isFinite {
        let rounded = (pattern &+ 0x7FFF &+ ((pattern >> 16) & 1)) >> 16
        if rounded & 0x7F80 == 0x7F80 { overflow = overflow ?? index }
        bits[index] = UInt16(truncatingIfNeeded: rounded)
      } else {
        // The quiet bit keeps a NaN from becoming infinity when its payload is cut.
        let quiet: UInt32 = pattern & 0x7F_FFFF == 0 ? 0 : 0x40
        bits[index] = UInt16(truncatingIfNeeded: pattern >> 16 | quiet)
      }
    }
    return overflow
  }

  private func toF16(_ wide: Tensor, _ bits: UnsafeMutablePointer<UInt16>) -> Int? {
    let (floats, count) = (wide.floats, wide.count)
    var overflow: Int?
    for index in 0..<count {
      let rounded = Float16(floats[index])
      if rounded.isInfinite, floats[index].isFinite { overflow = overflow ?? index }
      bits[index] = rounded.bitPattern
    }
    return overflow
  }
}

extension Tensor {
  /// Elements `range` in row-major order, as a vector that shares the storage.
  public func elements(_ range: Range<Int>) -> Tensor { reshaped([count]).rows(range) }

  /// Adds the rows of an F32, F16 or BF16 tensor [rows, width] to `sums` in their order, in f32.
  public func addRows(to sums: inout [Float]) throws(AllocationError) {
    precondition(
      shape.count == 2 && sums.count == shape[1], "\(shape) has no \(sums.count) columns")
    let wide = try widened()
    let (floats, width) = (wide.floats, shape[1])
    sums.withUnsafeMutableBufferPointer { sums in
      for row in 0..<shape[0] {
        for column in 0..<width { sums[column] += floats[row * width + column] }
      }
    }
    withExtendedLifetime(wide) {}
  }

  /// How two tensors of one shape, F32, F16 or BF16, differ as numbers; a NaN equals a NaN.
  public func difference(from other: Tensor) throws(AllocationError) -> (
    count: Int, largest: Double
  ) {
    precondition(shape == other.shape, "\(shape) is not \(other.shape)")
    let (left, right) = (try widened(), try other.widened())
    let (a, b) = (left.floats, right.floats)
    var (different, largest) = (0, 0.0)
    for index in 0..<count where a[index] != b[index] && !(a[index].isNaN && b[index].isNaN) {
      different += 1
      let distance = abs(Double(a[index]) - Double(b[index]))
      largest = max(largest, distance.isNaN ? .infinity : distance)
    }
    withExtendedLifetime((left, right)) {}
    return (different, largest)
  }
}
