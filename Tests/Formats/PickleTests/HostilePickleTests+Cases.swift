// More pickles: tensors that lie, dictionaries of other things, and abuse of the machine.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

@testable import Pickle

extension HostilePickleTests {
  private static let tensorsPart0: [(String, [UInt8])] =
    [
      ("no storage", P.tensor(P.number(0))), ("a real offset", P.tensor(offset: P.real)),
      ("an empty list as shape", P.tensor(shape: [0x5d])),
      ("a real size", P.tensor(shape: P.tuple(P.real, P.number(3)))),
      ("no strides", P.tensor(strides: P.none)),
      ("a number for the gradient", P.tensor(more: P.number(0) + P.noHooks)),
      ("no hooks at all", P.tensor(more: P.no)), ("None for hooks", P.tensor(more: P.no + P.none)),
      ("hooks", P.tensor(more: P.no + P.dictionary(P.number(1), P.rebuild))),
      ("metadata", P.tensor(more: P.no + P.noHooks + P.dictionary(P.text("neg"), [0x88]))),
      ("eight arguments", P.tensor(more: P.no + P.noHooks + P.none + P.none)),
      ("rank 9", P.tensor(shape: P.numbers(ones(9)), strides: P.numbers(ones(9)))),
      ("rank a million", P.tensor(shape: P.numbers(ones(100_000)))),
    ]

  private static let tensorsPart1: [(what: String, offset: Int, shape: [Int], strides: [Int])] =
    [
      ("fewer strides", 0, [2, 3], [1]), ("more strides", 0, [2], [1, 1]),
      ("negative size", 0, [-2, 3], [3, 1]), ("two negative sizes", 0, [-2, -3], [3, 1]),
      ("negative stride", 5, [2, 3], [-3, 1]), ("negative offset", -1, [2, 3], [3, 1]),
      ("stride 0", 0, [2, 3], [0, 1]), ("a number repeated", 0, [1 << 40], [0]),
      ("past the end", 1, [2, 3], [3, 1]), ("offset past the end", 7, [], []),
      ("offset at the end", 6, [], []), ("empty past the end", 7, [0], [1]),
      ("wide steps", 0, [2, 3], [4, 1]), ("overlapping", 0, [4, 3], [1, 1]),
      ("overflowing count", 0, [1 << 32, 1 << 32], [1, 1]),
      ("overflowing count of none", 0, [0, 1 << 62, 4], [1, 1, 1]),
      ("overflowing bytes of none", 0, [0, 1 << 62], [1, 1]),
      ("overflowing step", 0, [3, 2], [Int.max, 1]), ("overflowing sum", .max, [2, 2], [1, 1]),
      ("overflowing strides", 0, [1, 1], [Int.max, Int.max]),
      ("the least number", .min, [.min], [.min]),
    ]

  static var tensors: [Case] {
    tensorsPart0.map { .value("tensor: \($0)", "tensor", $1) }
      + tensorsPart1.map { (what: String, offset: Int, shape: [Int], strides: [Int]) in
        .value(
          "view: \(what)", "view",
          P.tensor(
            offset: P.number(offset), shape: P.numbers(shape), strides: P.numbers(strides)))
      }
  }

  private static let dictionariesPart0: [(String, [UInt8])] =
    [
      ("no dictionary", P.none), ("a tensor", P.tensor()), ("a list", [0x5d, 0x4e, 0x61]),
      ("a list of many", [0x5d, 0x28, 0x4e, 0x4e, 0x65]), ("a name", P.rebuild),
      ("a dictionary in it", P.dictionary(P.text("model"), [0x7d])),
      ("a number in it", P.dictionary(P.text("epoch"), P.number(3))),
      ("itself in it", [0x7d, 0x71, 0] + P.text("a") + [0x68, 0, 0x73]),
      ("pairs doubled 30 times", doubled),
      ("200,000 tuples in each other", [0x29] + many(0x85, 200_000)),
    ]

  private static let dictionariesPart1: [(String, [UInt8])] =
    [
      ("a number", P.number(1)), ("None", P.none), ("a tuple", [0x29]), ("empty", P.text("")),
      ("itself", [0x68, 0]), ("NUL", P.text("a\0b")), ("escape", P.text("\u{1b}]0;x\u{7}")),
      ("line feed", P.text("a\nb")), ("delete", P.text("a\u{7f}")), ("C1", P.text("\u{9b}2J")),
      ("1025 bytes", P.text(String(repeating: "a", count: 1025))),
      ("a megabyte", P.text(String(repeating: "a", count: 1 << 20))),
    ]

  private static let dictionariesPart2: [Case] =
    [
      Case(
        "one name twice", "name",
        P.dictionary(P.text("a"), P.tensor(), P.text("a"), P.tensor())),
      Case(
        "names that look the same", "name",
        P.dictionary(P.text("\u{e9}"), P.tensor(), P.text("e\u{301}"), P.tensor())),
      Case("pairs without a dictionary", "dictionary", P.none + P.none + P.none + [0x73]),
      Case("items of a tensor", "dictionary", P.tensor() + P.none + P.none + [0x73]),
      Case("a key without a value", "dictionary", [0x7d, 0x28, 0x4e, 0x75]),
      Case("appended to a dictionary", "list", [0x7d, 0x4e, 0x61]),
    ]

  static var dictionaries: [Case] {
    dictionariesPart0.map { Case("value: \($0)", "state-dict", $1) }
      + dictionariesPart1.map {
        Case("name: \($0)", "name", [0x7d, 0x71, 0, 0x28] + $1 + P.tensor() + [0x75])
      }
      + dictionariesPart2
  }

  static let machine: [Case] = [
    Case("nothing", "cut", whole: []), Case("no end", "cut", whole: [0x80, 2, 0x7d]),
    Case("an end alone", "stack", whole: [0x2e]), Case("no value", "stack", []),
    Case("two values", "end", [0x7d, 0x7d]), Case("an open mark", "stack", [0x7d, 0x28]),
    Case("bytes after the end", "end", whole: P.whole([0x7d]) + [0]),
    Case("two pickles", "end", whole: P.whole([0x7d]) + P.whole([0x7d])),
    Case("protocol 0", "protocol", whole: [0x80, 0, 0x7d, 0x2e]),
    Case("protocol 4", "protocol", whole: [0x80, 4, 0x7d, 0x2e]),
    Case("protocol twice", "protocol", whole: [0x80, 2] + P.whole([0x7d])),
    Case("a text of 4 GiB", "too-large", [0x58, 255, 255, 255, 255], .limitExceeded),
    Case("a text that is cut", "cut", [0x58, 0, 0, 16, 0]),
    Case("a text that is not UTF-8", "text", [0x58, 2, 0, 0, 0, 0xc3, 0x28]),
    Case("a text with a surrogate", "text", [0x58, 3, 0, 0, 0, 0xed, 0xa0, 0x80]),
    Case("an integer of 9 bytes", "integer", [0x8a, 9] + many(1, 9)),
    Case("an integer that is cut", "cut", [0x8a, 200, 1]),
    Case("a memo never written", "memo", [0x68, 7]),
    Case("a memo of 4e9", "memo", [0x7d, 0x72, 0, 40, 107, 238, 0x6a, 1, 40, 107, 238]),
    Case("remembering nothing", "stack", [0x71, 0]), Case("a tuple of nothing", "stack", [0x85]),
    Case("a tuple below a mark", "stack", [0x4e, 0x28, 0x85]),
    Case("a tuple without a mark", "stack", [0x4e, 0x74]),
    Case("a call below a mark", "stack", P.rebuild + [0x28, 0x29, 0x52]),
  ]

  private static func many(_ byte: UInt8, _ count: Int = 1 << 21) -> [UInt8] {
    [UInt8](repeating: byte, count: count)
  }

  private static var memos: [UInt8] {
    var bytes: [UInt8] = [0x7d]
    for number in 0...UInt32(1 << 20) { bytes += [0x72] + P.little(number) }
    return bytes
  }

  private static var parts: [UInt8] {
    var bytes: [UInt8] = []
    for _ in 0..<20 { bytes += [0x28] + many(0x4e, 1 << 18) + [0x74] }
    return bytes
  }

  private static var doubled: [UInt8] {
    var bytes: [UInt8] = [0x29, 0x71, 0]
    for _ in 0..<30 { bytes += [0x68, 0, 0x86, 0x71, 0] }
    return bytes
  }

  /// More than the machine keeps, in few bytes.
  static let floods: [Case] = [
    Case("a million marks", "too-large", many(0x28), .limitExceeded),
    Case("a million values", "too-large", many(0x4e), .limitExceeded),
    Case("a million dictionaries", "too-large", many(0x7d), .limitExceeded),
    Case("a million memos", "too-large", memos, .limitExceeded),
    Case("five million parts", "too-large", parts, .limitExceeded),
  ]

  private static func ones(_ count: Int) -> [Int] { [Int](repeating: 1, count: count) }
}
