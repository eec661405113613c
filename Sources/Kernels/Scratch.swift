// Working memory that is kept from one call to the next.
// SPDX-License-Identifier: Apache-2.0
import Glibc

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
      let status = posix_memalign(&base, 64, capacity)
      precondition(status == 0, "no memory for \(capacity) bytes of scratch")
    }
    guard let base else { preconditionFailure("no memory for scratch") }
    return base
  }
}
