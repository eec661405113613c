// The pool runs every task once, whoever asks.
// SPDX-License-Identifier: Apache-2.0
import Synchronization
import Testing

@testable import Threads

struct ThreadPoolTests {
  @Test(arguments: [1, 2, 3, 7])
  func everyTaskRunsOnce(width: Int) {
    let pool = ThreadPool(width: width)
    defer { pool.stop() }
    for count in [0, 1, 2, 5, 100] {
      for _ in 0..<50 {
        let runs = Mutex([Int](repeating: 0, count: count))
        pool.run(count) { task, worker in
          #expect(worker < width)
          runs.withLock { $0[task] += 1 }
        }
        #expect(runs.withLock { $0.allSatisfy { $0 == 1 } })
      }
    }
  }

  @Test func aWorkerTakesItsShareInOrderThenTheLastOfOthers() {
    let shares = TaskShares(workers: 3)
    shares.deal(8)
    #expect(shares.next(for: 2) == 5)
    var taken: [Int] = []
    while let task = shares.next(for: 1) { taken.append(task) }
    #expect(taken == [2, 3, 4, 7, 6, 1, 0])
    #expect(shares.next(for: 0) == nil && shares.next(for: 2) == nil)
  }

  /// Whoever asks waits for its turn: tasks of two runs never mix.
  @Test func severalThreadsMayAsk() async {
    let pool = ThreadPool(width: 3)
    defer { pool.stop() }
    let sums = await withTaskGroup(of: Int.self) { group in
      for asker in 1...4 {
        group.addTask {
          var total = 0
          for _ in 0..<200 {
            let workers = Mutex([Int](repeating: 0, count: pool.width))
            pool.run(20) { task, worker in workers.withLock { $0[worker] += asker * task } }
            total += workers.withLock { $0.reduce(0, +) }
          }
          return total / asker
        }
      }
      return await group.reduce(into: [Int]()) { $0.append($1) }
    }
    #expect(sums == [Int](repeating: 200 * 190, count: 4))
  }
}
