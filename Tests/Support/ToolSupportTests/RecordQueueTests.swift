// How far a queue reads ahead of its tool.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import InputOutput
import Synchronization
import Testing

@testable import ToolSupport

struct RecordQueueTests {
  /// The reads that were made once no more come.
  private func reads(_ count: borrowing Atomic<Int>) -> Int {
    var last = -1
    while last != count.load(ordering: .relaxed) {
      last = count.load(ordering: .relaxed)
      usleep(200_000)
    }
    return last
  }

  /// By their number, or by their size where they are large; the first is read whatever it has.
  @Test(arguments: [(0, 5), (1 << 20, 5), (20 << 20, 4), (100 << 20, 1)])
  func readsAheadWithinItsBounds(size: Int, ahead: Int) throws {
    let count = Atomic(0)
    func read() -> Int? {
      let number = count.wrappingAdd(1, ordering: .relaxed).newValue
      return number > 9 ? nil : number
    }
    let queue = RecordQueue<Int>(capacity: 5, size: { _ in size }, read: read)
    #expect(reads(count) == ahead)
    #expect(try queue.next(upTo: 1) == [1])
    #expect(reads(count) == ahead + 1)
    var rest: [Int] = []
    while case .element(let number) = try queue.next(waits: true) { rest.append(number) }
    #expect(rest == Array(2...9))
  }
}
