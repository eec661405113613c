// The pool runs every task once; the ladder's ceiling is obeyed.
// SPDX-License-Identifier: Apache-2.0
import Synchronization
import Testing

@testable import Kernels

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

  @Test func ceilingIsObeyed() throws {
    #expect(try KernelSet.best(ceiling: "scalar").name == "scalar")
    for (index, row) in KernelSet.names.enumerated() {
      let best = try KernelSet.best(ceiling: row).name
      #expect(try #require(KernelSet.names.firstIndex(of: best)) >= index)
    }
    #expect(throws: UnknownRow(name: "sse9", known: KernelSet.names)) {
      try KernelSet.best(ceiling: "sse9")
    }
  }
}
