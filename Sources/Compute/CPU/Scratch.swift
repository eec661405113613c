// Scratch memory that is kept from one call to the next.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization

/// What to do when there is no memory for scratch; what it is given is the number of bytes.
private let exhausted = Mutex<(@Sendable (Int) -> Never)?>(nil)

/// Sets how the process ends when there is no memory for scratch: kernels run where nothing can be
/// thrown. Without it the process traps.
public func whenScratchIsExhausted(_ end: @escaping @Sendable (Int) -> Never) {
  exhausted.withLock { $0 = end }
}

/// One growing block of bytes, aligned to 64.
public final class Scratch: @unchecked Sendable {
  // Sendable: each block belongs to one worker at a time.
  private var base: UnsafeMutableRawPointer?
  private var capacity = 0

  public init() {}

  deinit { free(base) }

  /// At least `byteCount` bytes of any content, valid until the next call.
  public func bytes(_ byteCount: Int) -> UnsafeMutableRawPointer {
    if byteCount > capacity || base == nil {
      free(base)
      base = nil
      capacity = max(byteCount, 4096)
      base = aligned_alloc(64, capacity)
    }
    guard let base else {
      exhausted.withLock { $0 }?(capacity)
      preconditionFailure("no memory for \(capacity) bytes of scratch")
    }
    return base
  }
}
