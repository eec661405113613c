// Numbered tasks divided among workers.
// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Each worker's share is a run of consecutive tasks, taken in order: what a task prefetches is
/// then its worker's next task. A worker that has finished takes the last tasks of others.
struct TaskShares: ~Copyable, @unchecked Sendable {
  // Sendable: the words are atomic, each a cache line from the next.
  private let words: UnsafeMutablePointer<Atomic<UInt64>>
  private let workers: Int
  private static let wordsPerLine = 8

  init(workers: Int) {
    self.workers = workers
    words = .allocate(capacity: workers * Self.wordsPerLine)
    for index in 0..<workers * Self.wordsPerLine { (words + index).initialize(to: Atomic(0)) }
  }

  deinit {
    words.deinitialize(count: workers * Self.wordsPerLine)
    words.deallocate()
  }

  /// Divides tasks 0..<count. No worker may be taking tasks meanwhile.
  func deal(_ count: Int) {
    precondition(count < 1 << 31, "\(count) tasks at once")
    for worker in 0..<workers {
      let share = UInt64(count * worker / workers)..<UInt64(count * (worker + 1) / workers)
      words[worker * Self.wordsPerLine].store(Self.word(share), ordering: .relaxed)
    }
  }

  /// The next task for `worker`; nil when all are taken.
  func next(for worker: Int) -> Int? {
    if let task = take(from: worker, first: true) { return task }
    for step in 1..<max(1, workers) {
      if let task = take(from: (worker + step) % workers, first: false) { return task }
    }
    return nil
  }

  private func take(from worker: Int, first: Bool) -> Int? {
    let word = words + worker * Self.wordsPerLine
    var seen = word.pointee.load(ordering: .relaxed)
    while true {
      let share = Self.share(seen)
      guard !share.isEmpty else { return nil }
      let rest =
        first
        ? share.lowerBound + 1..<share.upperBound : share.lowerBound..<share.upperBound - 1
      let (exchanged, original) = word.pointee.compareExchange(
        expected: seen, desired: Self.word(rest), ordering: .relaxed)
      if exchanged { return Int(first ? share.lowerBound : share.upperBound - 1) }
      seen = original
    }
  }

  private static func word(_ share: Range<UInt64>) -> UInt64 {
    share.lowerBound << 32 | share.upperBound
  }

  private static func share(_ word: UInt64) -> Range<UInt64> {
    word >> 32..<word & 0xFFFF_FFFF
  }
}
