// The memory that all images at work share, whichever threads decode them.
// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Bytes for files that were read and images that are decoded. Threads wait for their share; what
/// they make does not depend on it.
///
/// A file is let in where it fits, or where nothing else is held; a decoding where it fits, or where
/// no other goes on. So no two wait for each other, an image above the budget is decoded alone, and
/// never is more held than the budget and one image.
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

  /// The most bytes that were held at a time.
  public var mostHeld: Int { locked { most } }

  /// What one image holds, for the thread that works on it.
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

    /// Gives everything back.
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
