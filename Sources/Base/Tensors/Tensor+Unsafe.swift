// Addresses of tensors, for the operations of this package alone.
// SPDX-License-Identifier: Apache-2.0

extension Tensor {
  /// For a function that writes every element.
  package init(uninitialized elementType: ElementType, shape: [Int]) throws(AllocationError) {
    var byteCount = elementType.byteWidth
    for size in shape {
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: size)
      guard size >= 0, !overflow else { throw AllocationError(byteCount: .max) }
      byteCount = product
    }
    self.init(
      elementType, shape: shape, storage: try TensorStorage(uninitializedByteCount: byteCount))
  }

  /// Valid while the tensor is kept.
  package var rawBase: UnsafeRawPointer { UnsafeRawPointer(storage.base + byteOffset) }

  /// Likewise, for the function that has just made this tensor.
  package var mutableRawBase: UnsafeMutableRawPointer { storage.base + byteOffset }

  package var floats: UnsafePointer<Float> {
    precondition(elementType == .f32, "expected F32, found \(elementType.rawValue)")
    return rawBase.assumingMemoryBound(to: Float.self)
  }

  package var mutableFloats: UnsafeMutablePointer<Float> {
    precondition(elementType == .f32, "expected F32, found \(elementType.rawValue)")
    return (storage.base + byteOffset).assumingMemoryBound(to: Float.self)
  }

  /// The size of the last dimension.
  public var width: Int { shape.last ?? 1 }
}
