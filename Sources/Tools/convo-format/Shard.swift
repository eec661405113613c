// One shard of an input, for many machines: the sizes of shards differ by one record at most.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import InputOutput
import Streams
import ToolSupport

/// `K/N`. The parts are contiguous, so that their outputs joined in order are the output of all.
struct Shard {
  private static let most = 1 << 20

  /// From 1.
  let number: Int
  let count: Int

  /// Throws what is wrong with `text`.
  init(parsing text: String) throws {
    let numbers = text.split(separator: "/", omittingEmptySubsequences: false)
    // `Int` takes signs, which no part has.
    guard numbers.count == 2,
      numbers.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
      let number = Int(numbers[0]), let count = Int(numbers[1]), (1...Self.most).contains(count),
      (1...count).contains(number)
    else { throw ValidationError("expected K/N with K from 1 to N, such as 1/4, found \(text)") }
    (self.number, self.count) = (number, count)
  }

  /// The records of this part, from 0, where there are `total`.
  func range(of total: Int) -> Range<Int> { first(number - 1, total)..<first(number, total) }

  /// `part` times `total` over `count`, rounded down, without a product that overflows.
  private func first(_ part: Int, _ total: Int) -> Int {
    total / count * part + total % count * part / count
  }

  /// Throws the fault of options that stand beside it and must not.
  func check(excluded options: [(name: String, isGiven: Bool)]) throws {
    guard let other = options.first(where: \.isGiven) else { return }
    throw ValidationError("--shard and \(other.name) exclude each other")
  }

  /// The part of an input, which is read once to be counted.
  ///
  /// Throws `usage/shard` for what can be read only once, and what reading throws.
  func range(
    of inputs: [String], format: ObjectFormat, imageKey: String?, _ session: Session
  ) throws(Failure) -> Range<Int> {
    for path in inputs.isEmpty ? ["-"] : inputs {
      let mode = FilePath(path).status?.st_mode
      guard path == "-" || mode.map({ $0 & S_IFMT != S_IFREG }) == true else { continue }
      throw Failure(
        .usage, code: "usage/shard", at: path == "-" ? "stdin" : path,
        "expected a file, since --shard reads its input twice, found what can be read only once",
        remedy: "write the list to a file that all machines share")
    }
    // What is odd about the input is said when it is read for good.
    var settings = session.settings
    settings.isQuiet = true
    let reader = try Session(tool: session.tool, settings: settings).imageReader(
      inputs, format: format, imageKey: imageKey)
    var total = 0
    while try reader.next() != nil { total += 1 }
    if total == 0 { session.reporter.warning("no records in \(reader.name)") }
    return range(of: total)
  }
}

/// The next so many objects of a reader, and then the end.
final class LimitedReader: ObjectReader {
  private let reader: any ObjectReader
  private var left: Int

  init(_ reader: any ObjectReader, count: Int) { (self.reader, left) = (reader, count) }

  var name: String { reader.name }

  func next() throws(Failure) -> ObjectLine? {
    guard left > 0 else { return nil }
    left -= 1
    return try reader.next()
  }

  func nextUnparsed() throws(Failure) -> UnparsedLine? {
    guard left > 0 else { return nil }
    left -= 1
    return try reader.nextUnparsed()
  }
}
