// The memory budget that all images in progress share, whichever threads decode them.
// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Bytes for files that were read and images that are decoded. Threads wait for their share; results
/// do not depend on it.
///
/// A file is admitted if it fits, or if nothing else is held; a decoding if it fits, or if no other is
/// in progress. So there is no deadlock, an image above the budget is decoded alone, and never more
/// than the budget plus one image is held.
public final class DecodeBudget: @unchecked Sendable {
  // Sendable: the counts are touched only under `mutex`.
  public let bytes: Int
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let change = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var held = 0
  private var decodings = 0
  private var most = 0

  public init(bytes: Int = 512 << 20) {
    self.bytes = bytes
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(change, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(change)
    mutex.deallocate()
    change.deallocate()
  }

  /// The peak of the bytes held.
  var mostHeld: Int { locked { most } }

  /// The share of one image, for the thread that decodes it.
  public final class Share {
    private let budget: DecodeBudget
    private var held = 0
    private var isDecoding = false

    public init(of budget: DecodeBudget) { self.budget = budget }

    /// Waits for the memory of a file that is to be read.
    public func beginReading(_ bytes: Int) {
      budget.locked {
        while budget.held > 0, bytes > budget.bytes - budget.held { budget.wait() }
        take(bytes)
      }
    }

    /// Waits for the memory of a decoding; call it once.
    public func beginDecoding(_ bytes: Int) {
      budget.locked {
        while budget.decodings > 0, bytes > budget.bytes - budget.held { budget.wait() }
        take(bytes)
        budget.decodings += 1
        isDecoding = true
      }
    }

    private func take(_ bytes: Int) {
      held += bytes
      budget.held += bytes
      budget.most = max(budget.most, budget.held)
    }

    /// Releases the whole share.
    public func end() {
      budget.locked {
        budget.held -= held
        if isDecoding { budget.decodings -= 1 }
        (held, isDecoding) = (0, false)
        pthread_cond_broadcast(budget.change)
      }
    }
  }

  private func wait() { pthread_cond_wait(change, mutex) }

  private func locked<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }
}
