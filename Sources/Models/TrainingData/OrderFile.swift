// Files that hold an order of records: one decimal number per line.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput

/// Reads and writes orders: record numbers from 0 over all files, one per line, repeated or left out
/// as the user likes.
public enum OrderFile {
  /// The most lines: a gigabyte of memory.
  static let mostLines = 1 << 28

  /// The numbers in `source`, each below `count`.
  ///
  /// Throws `order/number`, `order/range`, `order/empty` or `order/too-many`, with the line, and what
  /// `source` throws.
  public static func read(_ source: any ByteSource, count: Int) throws(Failure) -> [Int32] {
    var parser = Parser(count: count)
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    defer { chunk.deallocate() }
    do throws(Failure) {
      while case let size = try source.read(into: chunk), size > 0 {
        try Interruption.check(source.name)
        for byte in chunk[..<size] { try parser.take(byte) }
      }
      if !parser.digits.isEmpty { try parser.take(0x0A) }
    } catch {
      throw error.status == .inputOutput
        ? error : error.at("\(source.name): line \(parser.order.count + 1)")
    }
    guard !parser.order.isEmpty else { throw empty.at(source.name) }
    return parser.order
  }

  /// The numbers in the file `path`.
  public static func read(path: String, count: Int) throws(Failure) -> [Int32] {
    try read(try FileSource(path: path), count: count)
  }

  /// Writes `order`; several epochs may follow each other.
  public static func write(_ order: [Int32], to sink: any ByteSink) throws(Failure) {
    var bytes: [UInt8] = []
    for number in order {
      bytes += String(number).utf8
      bytes.append(0x0A)
      if bytes.count >= 64 << 10 {
        try sink.write(bytes)
        bytes = []
      }
    }
    if !bytes.isEmpty { try sink.write(bytes) }
  }

  static var empty: Failure {
    Failure(
      .invalidInput, code: "order/empty", "expected record numbers, one a line, found none",
      remedy: "write one with --write-order")
  }

  static func outOfRange(_ number: String, _ count: Int) -> Failure {
    Failure(
      .invalidInput, code: "order/range",
      "expected a record number below \(count), the records of all files, found \(number)",
      remedy: "count from 0, and give the files that the order was made for")
  }

  /// Cuts lines into numbers.
  private struct Parser {
    let count: Int
    var order: [Int32] = []
    var digits: [UInt8] = []

    init(count: Int) { self.count = count }

    mutating func take(_ byte: UInt8) throws(Failure) {
      guard byte == 0x0A else {
        // More than any number that fits, and enough to show.
        guard digits.count < 40 else { throw notANumber }
        digits.append(byte)
        return
      }
      guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
        throw notANumber
      }
      let text = String(decoding: digits, as: UTF8.self)
      guard let number = Int32(text), number < count else { throw outOfRange(text, count) }
      guard order.count < mostLines else {
        throw Failure(
          .limitExceeded, code: "order/too-many", "expected at most \(mostLines) lines, found more",
          remedy: "give an order of fewer epochs")
      }
      order.append(number)
      digits.removeAll(keepingCapacity: true)
    }

    private var notANumber: Failure {
      let text = escapedForTerminal(String(decoding: digits, as: UTF8.self))
      return Failure(
        .invalidInput, code: "order/number",
        digits.isEmpty
          ? "expected a record number, found an empty line"
          : "expected a decimal record number, found '\(text)'",
        remedy: "write one number a line and nothing else")
    }
  }
}
