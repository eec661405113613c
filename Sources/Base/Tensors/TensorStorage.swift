// The memory of tensors: allocated here, or borrowed from a memory-mapped file.
// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Why storage could not be allocated.
public struct AllocationError: Error, Equatable, Sendable {
  public let byteCount: Int

  public init(byteCount: Int) { self.byteCount = byteCount }
}

/// A block of bytes with one owner. Freed, or given back to its mapping, when the last tensor goes.
public final class TensorStorage: @unchecked Sendable {
  // Sendable: tensors are written only by the function that has just made them, read by all later.
  package let base: UnsafeMutableRawPointer
  public let byteCount: Int
  private let release: () -> Void

  /// Zeroed bytes aligned to 64, a cache line and the widest vector; pages that are never touched
  /// take no memory. Throws instead of trapping: sizes may come from a file.
  public init(byteCount: Int) throws(AllocationError) {
    let padded = max(64, byteCount)
    let pages = mmap(
      nil, padded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard byteCount >= 0, let pages, pages != MAP_FAILED else {
      throw AllocationError(byteCount: byteCount)
    }
    base = pages
    self.byteCount = byteCount
    release = { munmap(pages, padded) }
  }

  /// Bytes with arbitrary content, for a function that writes them all; from memory that was used before
  /// where possible, since the first touch of a fresh page costs more than many kernels.
  init(uninitializedByteCount byteCount: Int) throws(AllocationError) {
    guard byteCount >= 0, let block = BlockCache.shared.take(byteCount) else {
      throw AllocationError(byteCount: byteCount)
    }
    base = block.base
    self.byteCount = byteCount
    release = { BlockCache.shared.giveBack(block) }
  }

  /// Bytes that live elsewhere, such as in a memory-mapped file; never written. `owner` is kept alive.
  public init(borrowing bytes: UnsafeRawBufferPointer, owner: AnyObject & Sendable) {
    // An empty buffer may have no address; nothing is ever read through this one.
    base = UnsafeMutableRawPointer(mutating: bytes.baseAddress) ?? BlockCache.emptyBase
    byteCount = bytes.count
    release = { withExtendedLifetime(owner) {} }
  }

  /// No bytes; nothing may be read: for a tensor that is only counted.
  init(counted byteCount: Int, owner: AnyObject & Sendable) {
    base = BlockCache.emptyBase
    self.byteCount = byteCount
    release = { withExtendedLifetime(owner) {} }
  }

  deinit { release() }

  /// From now on freed tensors leave nothing for tensors of other sizes, so that the memory of a
  /// process is what its largest step takes, which can be told beforehand.
  public static func keepNoIdleBlocks() { BlockCache.shared.keepIdle(0) }

  /// Returns to the system the memory that freed tensors left for reuse.
  public static func releaseKeptBlocks() { BlockCache.shared.empty() }
}
