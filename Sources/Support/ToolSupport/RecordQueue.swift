// Records read ahead on a separate thread, so that work continues while a producer is slow.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput

/// A bounded queue between a reading thread and the tool's loop.
///
/// What is read, and in which order, does not depend on timing; how many records are at hand at a
/// moment does, so nothing that a tool writes may depend on that.
public final class RecordQueue<Element: Sendable>: @unchecked Sendable {
  // Sendable: everything below is touched only under `mutex`; `read` only by the reading thread.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let capacity: Int
  private let size: (Element) -> Int
  private let read: () throws(Failure) -> Element?
  private var elements: [Element] = []
  /// Of `elements`, together.
  private var bytes = 0
  private var isAtEnd = false
  private var failure: Failure?

  /// The most bytes that wait, but for the last record: a few lines of the longest that are allowed.
  private static var mostBytes: Int { 64 << 20 }

  /// What `next` found.
  public enum Fetched {
    case element(Element)
    /// Nothing has arrived yet.
    case notYet
    case end
  }

  /// Starts reading ahead of the tool by at most `capacity` records, or fewer where their `size`, in
  /// bytes, is large. `read` is called on another thread until it returns nil or throws.
  public init(
    capacity: Int, size: @escaping (Element) -> Int = { _ in 0 },
    read: @escaping () throws(Failure) -> Element?
  ) {
    self.capacity = max(1, capacity)
    self.read = read
    self.size = size
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
    startReading()
  }

  deinit {
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(changed)
    mutex.deallocate()
    changed.deallocate()
  }

  /// The next record. Without `waits`, `notYet` when none has arrived. A failure of the reader is
  /// thrown after all records before it; a signal that asks the tool to stop is thrown at once.
  public func next(waits: Bool) throws(Failure) -> Fetched {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      try Interruption.check("between two records")
      if !elements.isEmpty {
        let element = elements.removeFirst()
        bytes -= size(element)
        pthread_cond_broadcast(changed)
        return .element(element)
      }
      if let failure { throw failure }
      if isAtEnd { return .end }
      if !waits { return .notYet }
      waitAWhile()
    }
  }

  /// Up to `count` records: waits for the first only. Empty at the end.
  public func next(upTo count: Int) throws(Failure) -> [Element] {
    guard case .element(let first) = try next(waits: true) else { return [] }
    var batch = [first]
    while batch.count < count, case .element(let element) = try next(waits: false) {
      batch.append(element)
    }
    return batch
  }

  /// Wakes every tenth of a second, because a signal does not end a wait.
  private func waitAWhile() {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    time.tv_nsec += 100_000_000
    if time.tv_nsec >= 1_000_000_000 {
      time.tv_nsec -= 1_000_000_000
      time.tv_sec += 1
    }
    pthread_cond_timedwait(changed, mutex, &time)
  }

  /// Without a thread, `next` throws `system/threads`.
  private func startReading() {
    var thread = pthread_t()
    let reader = Unmanaged.passRetained(AnyReader { [self] in readAll() })
    let status = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<AnyReader>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, reader.toOpaque())
    if status == 0 {
      pthread_detach(thread)
    } else {
      reader.release()
      failure = Failure(
        .limitExceeded, code: "system/threads", "the system gives no thread to read with",
        remedy: "use fewer threads with -j, or raise the limits of memory and processes")
    }
  }

  private func readAll() {
    while true {
      let result = Result { () throws(Failure) in try read() }
      pthread_mutex_lock(mutex)
      switch result {
      case .success(let element?):
        elements.append(element)
        bytes += size(element)
      case .success(nil): isAtEnd = true
      case .failure(let failure): self.failure = failure
      }
      let isDone = isAtEnd || failure != nil
      pthread_cond_broadcast(changed)
      while !isDone, elements.count >= capacity || bytes >= Self.mostBytes {
        pthread_cond_wait(changed, mutex)
      }
      pthread_mutex_unlock(mutex)
      if isDone { return }
    }
  }
}

/// A closure as an object, to pass through C.
private final class AnyReader {
  let body: () -> Void
  init(_ body: @escaping () -> Void) { self.body = body }
}
