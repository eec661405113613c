// Grouping against an independent implementation, and what must hold for any lengths.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import InputOutput
import JSON
import Randomness
import TestSupport
import Testing

@testable import TrainingData

private func integers(_ value: JSONValue?) -> [Int] { value?.array?.compactMap(\.int) ?? [] }
private func numbers(_ value: JSONValue?) -> [Int32] { integers(value).map { Int32($0) } }

@Test func groupingIsThatOfTheFormulas() throws {
  let url = URL(fileURLWithPath: "\(packageRoot)/Tests/Golden/order/grouping.json")
  let cases = try #require(try JSONValue(parsing: [UInt8](try Data(contentsOf: url))).array)
  #expect(cases.count > 10)
  for item in cases {
    let item = try #require(item.object)
    let batch = try #require(item["batch"]?.int)
    let world = try #require(item["world"]?.int)
    let lengths = integers(item["lengths"])
    let grouping = LengthGrouping(batch: batch, world: world)
    let byLength = grouping.grouped(numbers(item["permutation"]), lengths: lengths)
    #expect(byLength == numbers(item["by_length"]), "\(lengths) \(batch) \(world)")
    var permutations = try #require(item["permutations"]?.array).map { numbers($0) }
    let byModality = grouping.groupedByModality(lengths: lengths) { count in
      #expect(permutations.first?.count == count)
      return permutations.isEmpty ? [] : permutations.removeFirst()
    }
    #expect(byModality == numbers(item["by_modality"]), "\(lengths) \(batch) \(world)")
    #expect(permutations.isEmpty)
  }
}

@Test func groupsHoldForAnyLengths() throws {
  var generator = SeededGenerator(seed: 21)
  for round in 0..<amount(300, soak: 20_000) {
    let count = Int.random(in: 1...60, using: &generator)
    let grouping = LengthGrouping(
      batch: Int.random(in: 1...5, using: &generator),
      world: Int.random(in: 1...5, using: &generator))
    let share = Double.random(in: 0...1, using: &generator)
    let lengths = (0..<count).map { _ in
      Int.random(in: 1...30, using: &generator)
        * (Double.random(in: 0...1, using: &generator) < share ? 1 : -1)
    }
    let order = try RecordOrder(
      counts: [count], arrangement: .groupedByModality(lengths, grouping), seed: UInt64(round)
    ).order(epoch: 3)
    #expect(order.sorted() == Array(0..<Int32(count)))
    checkModalities(order, lengths, grouping.megabatch)
    let plain = try RecordOrder(
      counts: [count], arrangement: .groupedByLength(lengths, grouping), seed: UInt64(round)
    ).order(epoch: 3)
    #expect(plain.sorted() == Array(0..<Int32(count)))
    // Each megabatch holds the records that the shuffle puts there.
    let permutation = shuffled(count: count, seed: UInt64(round), epoch: 3)
    for start in stride(from: 0, to: count, by: grouping.megabatch) {
      let range = start..<min(count, start + grouping.megabatch)
      #expect(Set(plain[range]) == Set(permutation[range]))
    }
  }
}

/// Only the last records are of both kinds: what is left over of each, in the file's order.
private func checkModalities(_ order: [Int32], _ lengths: [Int], _ size: Int) {
  let images = lengths.count { $0 > 0 }
  let texts = lengths.count - images
  guard images > 0, texts > 0 else { return }
  let whole = ((images - 1) / size + (texts - 1) / size) * size
  for start in stride(from: 0, to: whole, by: size) {
    let kinds = Set(order[start..<start + size].map { lengths[Int($0)] > 0 })
    #expect(kinds.count == 1)
  }
  let rest = Array(order[whole...])
  #expect(rest == rest.sorted())
  #expect(rest.count <= 2 * size)
  #expect(Set(rest.map { lengths[Int($0)] > 0 }).count == 2)
}

@Test func chunksOfAStepAreAboutAsLong() {
  let random = PlacedRandom(seed: 2, for: .order)
  let lengths = (0..<1000).map { random.integer(below: 500, UInt64($0)) + 1 }
  let order = LengthGrouping(batch: 25, world: 4).grouped(
    Array(0..<1000), lengths: lengths)
  for start in stride(from: 0, to: 1000, by: 100) {
    let totals = (0..<4).map { chunk in
      order[start + chunk * 25..<start + (chunk + 1) * 25].reduce(0) { $0 + lengths[Int($1)] }
    }
    let spread = (totals.max() ?? 0) - (totals.min() ?? 0)
    // By chance it would be some 1000.
    #expect(spread < 500)
  }
}

@Test func hugeSizesAreTaken() {
  let grouping = LengthGrouping(batch: .max, world: 3)
  #expect(grouping.grouped([2, 0, 1], lengths: [1, 5, 5]) == [2, 1, 0])
  #expect(LengthGrouping(batch: 1, world: 1 << 20).grouped([0, 1], lengths: [1, 2]) == [1, 0])
  #expect(grouping.grouped([], lengths: []) == [])
}

@Test func wordsAreCountedAsTheReferenceDoes() throws {
  func count(_ json: String) throws -> Int {
    let value = try JSONValue(parsing: Array(json.utf8))
    return try wordCount(of: try #require(value.object))
  }
  let turns =
    #""conversations":[{"from":"human","value":"<image>\nWhat  is\tthis?"},"#
    + #"{"from":"gpt","value":" A\u00a0cat\u001cnow.\u3000"}]"#
  #expect(try count("{\"image\":\"a\",\(turns)}") == 7)
  #expect(try count("{\"images\":[\"a\"],\(turns)}") == 7)
  #expect(try count("{\(turns)}") == -7)
  #expect(try count("{\"image\":null,\(turns)}") == -7)
  #expect(try count("{}") == 0)
  #expect(
    try count(#"{"conversations":[{"value":5},7,{"value":""},{"value":"e\u0301 \u200b"}]}"#) == -2)
  #expect(throws: Failure.self) { try count(#"{"image":5}"#) }
}
