// A tensor: a type, a shape, and a view of some storage.
// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A dense row-major view of some storage.
///
/// Sizes have one name everywhere: `batch`, `length` (tokens), `patches`, `width` (hidden size),
/// `heads`, `headWidth`, `vocabulary`, `layers`.
public struct Tensor: Sendable {
  public let elementType: ElementType
  public let shape: [Int]
  let storage: TensorStorage
  let byteOffset: Int

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }
  public var byteCount: Int { count * elementType.byteWidth }

  /// A tensor of zeros.
  public init(_ elementType: ElementType, shape: [Int]) throws(AllocationError) {
    var byteCount = elementType.byteWidth
    for size in shape {
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: size)
      guard size >= 0, !overflow else { throw AllocationError(byteCount: .max) }
      byteCount = product
    }
    self.init(elementType, shape: shape, storage: try TensorStorage(byteCount: byteCount))
  }

  /// A view of `storage`; the caller has checked that the bytes lie inside it.
  public init(
    _ elementType: ElementType, shape: [Int], storage: TensorStorage, byteOffset: Int = 0
  ) {
    self.elementType = elementType
    self.shape = shape
    self.storage = storage
    self.byteOffset = byteOffset
    precondition(byteOffset >= 0 && byteOffset + byteCount <= storage.byteCount)
  }

  /// Copies `bytes`, whose count must be the shape's.
  public init(_ elementType: ElementType, shape: [Int], copying bytes: UnsafeRawBufferPointer)
    throws(AllocationError)
  {
    try self.init(elementType, shape: shape)
    precondition(bytes.count == byteCount, "\(bytes.count) bytes for shape \(shape)")
    withUnsafeMutableBytes { $0.copyMemory(from: bytes) }
  }

  /// The raw little-endian bytes, row-major.
  public func withUnsafeBytes<R, E>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeRawBufferPointer(start: storage.base + byteOffset, count: byteCount))
  }

  /// For the function that has just made this tensor; never for a borrowed one.
  public func withUnsafeMutableBytes<R, E>(
    _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    defer { withExtendedLifetime(storage) {} }
    return try body(
      UnsafeMutableRawBufferPointer(start: storage.base + byteOffset, count: byteCount))
  }
}

extension Tensor {
  /// An f32 tensor holding `values`.
  public init(_ values: [Float], shape: [Int]) throws(AllocationError) {
    try self.init(.f32, shape: shape)
    precondition(values.count == count, "\(values.count) values for shape \(shape)")
    withUnsafeMutableBytes { bytes in values.withUnsafeBytes { bytes.copyMemory(from: $0) } }
  }

  /// An i32 tensor holding `values`.
  public init(_ values: [Int32], shape: [Int]) throws(AllocationError) {
    try self.init(.i32, shape: shape)
    precondition(values.count == count, "\(values.count) values for shape \(shape)")
    withUnsafeMutableBytes { bytes in values.withUnsafeBytes { bytes.copyMemory(from: $0) } }
  }

  /// The same elements under another shape of the same count.
  public func reshaped(_ shape: [Int]) -> Tensor {
    precondition(shape.reduce(1, *) == count, "\(self.shape) has not as many elements as \(shape)")
    return Tensor(elementType, shape: shape, storage: storage, byteOffset: byteOffset)
  }

  /// Rows `range` of the first dimension, sharing the storage.
  public func rows(_ range: Range<Int>) -> Tensor {
    precondition(!shape.isEmpty && range.lowerBound >= 0 && range.upperBound <= shape[0])
    let rowBytes = shape.dropFirst().reduce(1, *) * elementType.byteWidth
    return Tensor(
      elementType, shape: [range.count] + shape.dropFirst(), storage: storage,
      byteOffset: byteOffset + range.lowerBound * rowBytes)
  }
}

extension Tensor {
  /// The elements of row `index` of an F32 tensor [rows, width].
  public func values(ofRow index: Int) -> [Float] {
    precondition(elementType == .f32)
    return rows(index..<index + 1).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }

  /// Whether both hold the same bytes under the same type and shape.
  public func hasSameBytes(as other: Tensor) -> Bool {
    guard elementType == other.elementType, shape == other.shape else { return false }
    return withUnsafeBytes { left in
      other.withUnsafeBytes { right in
        guard let a = left.baseAddress, let b = right.baseAddress else { return true }
        return a == b || memcmp(a, b, left.count) == 0
      }
    }
  }
}

extension Tensor {
  /// U8 tensors of one shape, one after the other: [parts.count] + shape.
  public init(joining parts: [Tensor], shape: [Int]) throws(AllocationError) {
    try self.init(.u8, shape: [parts.count] + shape)
    let size = shape.reduce(1, *)
    for (index, part) in parts.enumerated() {
      precondition(part.elementType == .u8 && part.shape == shape, "\(part.shape) is not \(shape)")
      part.withUnsafeBytes { source in
        withUnsafeMutableBytes { target in
          UnsafeMutableRawBufferPointer(rebasing: target[index * size..<(index + 1) * size])
            .copyMemory(from: source)
        }
      }
    }
  }
}

extension Tensor {
  /// The same elements of an F32, BF16 or F16 tensor as F32, on the calling thread.
  public func widened() throws(AllocationError) -> Tensor {
    if elementType == .f32 { return self }
    guard let format = WeightFormat(elementType) else {
      preconditionFailure("\(elementType.rawValue) has no wider form")
    }
    let wide = try Tensor(uninitialized: .f32, shape: shape)
    format.decode(rawBase, into: wide.mutableFloats, count: count)
    withExtendedLifetime(self) {}
    return wide
  }
}
