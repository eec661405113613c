// Copies a view whose elements do not lie one after the other.
// SPDX-License-Identifier: Apache-2.0

extension Tensor {
  /// The elements of a strided view of `storage`, row-major. `strides` count elements and are not
  /// negative; the caller has checked that every element lies inside the storage. Addresses need not
  /// be aligned.
  public init(
    _ elementType: ElementType, shape: [Int], strides: [Int], copying storage: TensorStorage,
    byteOffset: Int
  ) throws(AllocationError) {
    precondition(strides.count == shape.count && byteOffset >= 0)
    try self.init(uninitialized: elementType, shape: shape)
    guard count > 0 else { return }
    let last = zip(shape, strides).reduce(0) { $0 + ($1.0 - 1) * $1.1 }
    precondition(
      strides.allSatisfy { $0 >= 0 }
        && byteOffset + (last + 1) * elementType.byteWidth <= storage.byteCount)
    let source = UnsafeRawPointer(storage.base + byteOffset)
    switch elementType.byteWidth {
    case 1: gather(source, strides, as: UInt8.self)
    case 2: gather(source, strides, as: UInt16.self)
    case 4: gather(source, strides, as: UInt32.self)
    default: gather(source, strides, as: UInt64.self)
    }
    withExtendedLifetime(storage) {}
  }

  private func gather<T: FixedWidthInteger>(
    _ source: UnsafeRawPointer, _ strides: [Int], as type: T.Type
  ) {
    let size = MemoryLayout<T>.size
    let target = mutableRawBase.assumingMemoryBound(to: T.self)
    let width = shape.last ?? 1
    // The stride of a dimension of one element is never used, and may be anything.
    let step = width > 1 ? (strides.last ?? 1) * size : 0
    var position = [Int](repeating: 0, count: max(0, shape.count - 1))
    for row in 0..<count / width {
      let start = zip(position, strides).reduce(0) { $0 + $1.0 * $1.1 } * size
      for column in 0..<width {
        target[row * width + column] = source.loadUnaligned(
          fromByteOffset: start + column * step, as: T.self)
      }
      for axis in position.indices.reversed() {
        position[axis] += 1
        if position[axis] < shape[axis] { break }
        position[axis] = 0
      }
    }
  }
}
