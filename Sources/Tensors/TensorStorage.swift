// The memory behind tensors: allocated here, or borrowed from a file mapping.
// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Why no storage could be had.
public struct AllocationError: Error, Equatable, Sendable {
  public let byteCount: Int
}

/// A block of bytes with one owner. Freed, or given back to its mapping, when the last tensor goes.
public final class TensorStorage: @unchecked Sendable {
  // Sendable: tensors are written only by the function that has just made them, read by all later.
  let base: UnsafeMutableRawPointer
  public let byteCount: Int
  private let release: () -> Void

  /// Zeroed bytes aligned to 64, a cache line and the widest vector.
  /// Throws instead of trapping: sizes may come from a file.
  public init(byteCount: Int) throws(AllocationError) {
    var pointer: UnsafeMutableRawPointer?
    let padded = max(64, byteCount)
    guard byteCount >= 0, posix_memalign(&pointer, 64, padded) == 0, let pointer else {
      throw AllocationError(byteCount: byteCount)
    }
    memset(pointer, 0, padded)
    base = pointer
    self.byteCount = byteCount
    release = { free(pointer) }
  }

  /// Bytes that live elsewhere, a file mapping say; never written. `owner` is kept alive.
  public init(borrowing bytes: UnsafeRawBufferPointer, owner: AnyObject & Sendable) {
    base = UnsafeMutableRawPointer(
      mutating: bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 64)!)
    byteCount = bytes.count
    release = { withExtendedLifetime(owner) {} }
  }

  deinit { release() }
}
