// Global numbers, orders of each kind, and files that hold an order.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Randomness
import TestSupport
import Testing

@testable import TrainingData

@Test func numbersRunOverAllFiles() throws {
  let order = try RecordOrder(counts: [2, 0, 3, 0, 0, 1])
  #expect(order.count == 6)
  #expect(try order.order(epoch: 5) == [0, 1, 2, 3, 4, 5])
  let places = (0..<6).map { order.record(Int32($0)) }
  #expect(places.map(\.source) == [0, 0, 2, 2, 2, 5])
  #expect(places.map(\.ordinal) == [0, 1, 0, 1, 2, 0])
  #expect(places.map { order.number(of: $0) } == [0, 1, 2, 3, 4, 5])
  #expect(try RecordOrder(counts: []).order(epoch: 0) == [])
}

@Test func everyArrangementVisitsItsRecords() throws {
  let lengths = (0..<100).map { $0 % 3 == 0 ? -1 - $0 : 1 + $0 }
  let grouping = LengthGrouping(batch: 2, world: 4)
  for arrangement: RecordArrangement in [
    .shuffled, .shuffledTogether((0..<100).map { $0 % 30 }), .groupedByLength(lengths, grouping),
    .groupedByModality(lengths, grouping),
  ] {
    let order = try RecordOrder(counts: [40, 60], arrangement: arrangement, seed: 7)
    let epochs = try (0..<3).map { try order.order(epoch: $0) }
    #expect(epochs.allSatisfy { $0.sorted() == Array(0..<100) })
    #expect(Set(epochs).count == 3)
    #expect(try order.order(epoch: 1) == epochs[1])
    let other = try RecordOrder(counts: [40, 60], arrangement: arrangement, seed: 8)
    #expect(try other.order(epoch: 1) != epochs[1])
  }
  let mixed = try RecordOrder(counts: [4, 6], arrangement: .mixed([1, 1]), seed: 7)
  let records = try mixedOrder(counts: [4, 6], weights: [1, 1], seed: 7, epoch: 2)
  #expect(try mixed.order(epoch: 2).map { mixed.record($0) } == records)
  let given = try RecordOrder(counts: [3], arrangement: .given([2, 0, 2]))
  #expect(try given.order(epoch: 0) == [2, 0, 2])
  #expect(try given.order(epoch: 9) == [2, 0, 2])
}

@Test func groupsStayTogetherInTheOrderOfTheFiles() throws {
  let order = try RecordOrder(
    counts: [4, 3], arrangement: .shuffledTogether([0, 1, 0, 2, 1, 3, 0]), seed: 2)
  for epoch in 0..<8 {
    let visited = try order.order(epoch: epoch)
    let groups = [[0, 2, 6], [1, 4], [3], [5]].map { $0.map { Int32($0) } }
    for group in groups {
      let first = try #require(visited.firstIndex(of: group[0]))
      #expect(Array(visited[first...].prefix(group.count)) == group)
    }
  }
}

@Test func ordersThatCannotBeAreRefused() {
  func code(_ counts: [Int], _ arrangement: RecordArrangement) -> String? {
    do throws(Failure) {
      _ = try RecordOrder(counts: counts, arrangement: arrangement)
      return nil
    } catch {
      return error.code
    }
  }
  let grouping = LengthGrouping(batch: 1, world: 1)
  #expect(code([1, Int(Int32.max)], .sequential) == "order/too-many")
  #expect(code([.max, .max], .shuffled) == "order/too-many")
  #expect(code([-1], .shuffled) == "order/too-many")
  #expect(code([2, 1], .groupedByLength([1, 2, 0], grouping)) == "order/zero-length")
  #expect(code([2, 1], .groupedByModality([1, -2, 3], grouping)) == nil)
  #expect(code([2], .given([0, 2])) == "order/range")
  #expect(code([2], .given([-1])) == "order/range")
  #expect(code([2], .given([])) == "order/empty")
  #expect(code([2], .mixed([1, 2])) == "mix/weights")
}

@Test func orderFilesAreReadAsTheyWereWritten() throws {
  let directory = try TemporaryDirectory()
  let order = shuffled(count: 30_000, seed: 1, epoch: 0) + [0, 0, 29_999]
  let sink = MemorySink()
  try OrderFile.write(order, to: sink)
  #expect(sink.bytes.starts(with: Array("\(order[0])\n\(order[1])\n".utf8)))
  #expect(sink.writes.count > 1)
  let path = try directory.write(sink.bytes, to: "order")
  #expect(try OrderFile.read(path: path, count: 30_000) == order)
  for step in [1, 2, 7] {
    #expect(
      try OrderFile.read(MemorySource(Array("0\n12\n3".utf8), step: step), count: 13) == [0, 12, 3])
  }
}

@Test func hostileOrderFilesAreRefusedWithTheirLine() {
  func failure(_ text: String) -> Failure? {
    do throws(Failure) {
      _ = try OrderFile.read(MemorySource(Array(text.utf8), name: "order.txt"), count: 10)
      return nil
    } catch {
      return error
    }
  }
  for (text, code, line) in [
    ("1\n2\n10\n", "order/range", 3), ("1\n99999999999999999999\n", "order/range", 2),
    ("-1\n", "order/number", 1), ("+1\n", "order/number", 1), ("1\n\n2\n", "order/number", 2),
    ("1 \n", "order/number", 1), ("1\r\n", "order/number", 1), ("1\n0x2\n", "order/number", 2),
    ("1.0\n", "order/number", 1), ("1\n\u{1b}[2J", "order/number", 2), ("\n", "order/number", 1),
    ("3\n" + String(repeating: "1", count: 1 << 20), "order/number", 2),
    ("1\0\n", "order/number", 1),
    ("٣\n", "order/number", 1),
  ] {
    let found = failure(text)
    #expect(found?.code == code, "\(text.prefix(20).debugDescription)")
    #expect(found?.place == "order.txt: line \(line)")
    #expect(found?.status == .invalidInput && found?.remedy != nil)
    #expect(found?.message.utf8.allSatisfy { $0 >= 0x20 } == true)
  }
  #expect(failure("")?.code == "order/empty" && failure("")?.place == "order.txt")
}

@Test func manyRecordsAreOrderedAtOnce() throws {
  let count = amount(20_000, soak: 665_000)
  let random = PlacedRandom(seed: 0, for: .mixing)
  let lengths = (0..<count).map { index in
    let words = random.integer(below: 300, UInt64(index)) + 1
    return index % 16 == 0 ? -words : words
  }
  let grouping = LengthGrouping(batch: 16, world: 8)
  for arrangement: RecordArrangement in [.shuffled, .groupedByModality(lengths, grouping)] {
    let order = try RecordOrder(counts: [count], arrangement: arrangement).order(epoch: 0)
    #expect(order.sorted() == Array(0..<Int32(count)))
  }
}
