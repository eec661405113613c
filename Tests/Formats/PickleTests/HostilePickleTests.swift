// Pickles that ask for code, for other objects, or for more than a state dict needs.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import TestSupport
import Testing

@testable import Pickle

@Suite struct HostilePickleTests {
  typealias P = Pickled

  struct Case: CustomTestStringConvertible, Sendable {
    let what: String
    let code: String
    let pickle: [UInt8]
    var status = InputOutput.ExitStatus.invalidInput

    /// `value` is all that the pickle describes.
    init(
      _ what: String, _ code: String, _ value: [UInt8],
      _ status: InputOutput.ExitStatus = .invalidInput
    ) {
      self.init(what, code, whole: P.whole(value), status)
    }

    init(
      _ what: String, _ code: String, whole: [UInt8],
      _ status: InputOutput.ExitStatus = .invalidInput
    ) {
      (self.what, self.code, self.pickle, self.status) = (what, "pickle/\(code)", whole, status)
    }

    /// `value` is a value of the dictionary.
    static func value(_ what: String, _ code: String, _ value: [UInt8]) -> Case {
      Case(what, code, P.dictionary(P.text("weight"), value))
    }

    var testDescription: String { what }
  }

  @Test func theSameByHandOpens() throws {
    let pickle = P.whole(P.dictionary(P.text("weight"), P.tensor()))
    let contents = try Opener().contents(of: P.file(pickle))
    #expect(contents == (try Opener().contents(of: P.archive.zip.file.bytes)))
    #expect(contents?.count == 1)
  }

  @Test(arguments: calls + storages + tensors + dictionaries + machine + floods)
  func isRefused(_ row: Case) throws {
    let failure = try Opener().refusal(of: P.file(row.pickle))
    #expect(failure?.code == row.code, "\(failure as Any)")
    #expect(failure?.status == row.status)
    #expect(failure?.place?.contains("archive/data.pkl") == true)
    #expect(failure?.remedy != nil)
  }

  private static let callsPart0: [(String, String)] =
    [
      ("posix", "system"), ("os", "system"), ("builtins", "eval"), ("__builtin__", "exec"),
      ("builtins", "getattr"), ("builtins", "bytearray"), ("builtins", "set"),
      ("torch._utils", "_rebuild_tensor"), ("torch._utils", "_rebuild_tensor_v3"),
      ("torch", "load"), ("torch", "Size"), ("torch.storage", "UntypedStorage"),
      ("torch", "ComplexFloatStorage"), ("torch.nn.parameter", "Parameter"),
      ("collections", "Counter"), ("collections.OrderedDict", ""), ("", "collections.OrderedDict"),
      ("\u{1b}[2J", "\u{7}\u{9b}"), (String(repeating: "a", count: 250), "b"),
    ]

  private static let callsPart1: [Case] =
    [
      .value("a name without end", "cut", [0x63] + [UInt8](repeating: 0x61, count: 5000)),
      .value("a type called", "call", P.call(P.global("torch", "FloatStorage"), [0x29])),
      .value(
        "an OrderedDict of pairs", "call",
        P.call(P.global("collections", "OrderedDict"), P.tuple([0x5d]))),
      .value("a number called", "call", P.call(P.number(1), [0x29])),
      .value("a text called", "call", P.call(P.text("os.system"), [0x29])),
      .value("a call with a list", "call", P.call(P.rebuild, [0x5d])),
      .value("a tensor's state", "build", P.tensor() + [0x7d, 0x62]),
      .value("a dictionary's state that is a tuple", "build", [0x7d, 0x29, 0x62]),
      .value("a name's state", "build", P.rebuild + [0x7d, 0x62]),
      .value("a parameter without a tensor", "parameter", P.call(P.parameter, P.tuple(P.no))),
      .value(
        "a parameter of a number", "parameter",
        P.call(P.parameter, P.tuple(P.number(1), P.no, P.noHooks))),
      .value(
        "a parameter without its mark", "parameter",
        P.call(P.parameter, P.tuple(P.tensor(), P.none, P.noHooks))),
      .value(
        "a parameter with hooks", "parameter",
        P.call(
          P.parameter, P.tuple(P.tensor(), P.no, P.dictionary(P.number(1), P.rebuild)))),
    ]

  static var calls: [Case] {
    callsPart0.map {
      .value("\($0) \($1)", "global", P.call(P.global($0, $1), P.tuple(P.text("id"))))
    }
      + callsPart1
  }

  private static let storagesPart0: [(String, [UInt8])] =
    [
      ("a number", P.number(0)), ("a text", P.text("storage")), ("four parts", P.tuple(P.no, P.no)),
      (
        "another kind",
        P.tuple(
          P.text("module"), P.global("torch", "FloatStorage"), P.text("0"), P.text("cpu"),
          P.number(6))
      ),
      (
        "no type", P.tuple(P.text("storage"), P.rebuild, P.text("0"), P.text("cpu"), P.number(6))
      ),
      (
        "a number as key",
        P.tuple(
          P.text("storage"), P.global("torch", "FloatStorage"), P.number(0), P.text("cpu"),
          P.number(6))
      ),
      (
        "a real count",
        P.tuple(
          P.text("storage"), P.global("torch", "FloatStorage"), P.text("0"), P.text("cpu"), P.real)
      ),
    ]

  private static let storagesPart1: [(String, [UInt8])] =
    [
      ("a negative count", P.storage(count: -6)), ("too long", P.storage(count: 7)),
      ("of all memory", P.storage(count: .max)),
      ("overflowing", P.storage(count: Int.max / 4 + 7)),
      ("another width", P.storage("DoubleStorage")),
      ("no record", P.storage(key: "1")), ("another folder", P.storage(key: "../version")),
      ("a path", P.storage(key: "../../../etc/passwd")), ("no key", P.storage(key: "")),
      ("a long key", P.storage(key: String(repeating: "0", count: 101))),
    ]

  private static let storagesPart2: [Case] =
    [
      Case(
        "one key, two types", "storage",
        P.dictionary(
          P.text("a"), P.tensor(), P.text("b"), P.tensor(P.storage("IntStorage")))),
      Case(
        "one key, two counts", "storage",
        P.dictionary(P.text("a"), P.tensor(), P.text("b"), P.tensor(P.storage(count: 5)))),
      .value(
        "shorter than its record", "storage",
        P.tensor(P.storage(count: 5), shape: P.numbers([5]), strides: P.numbers([1]))),
      .value("a storage alone", "state-dict", P.storage()),
    ]

  static var storages: [Case] {
    storagesPart0.map { .value("storage: \($0)", "storage", P.tensor($1 + [0x51])) }
      + storagesPart1.map { .value("storage: \($0)", "storage", P.tensor($1)) }
      + storagesPart2
  }
}

/// Every byte that is no instruction of a state dict's pickle.
@Suite struct OpcodeTests {
  @Test func thirtyOneAndNoMore() throws {
    #expect(PickleOpcode.allCases.count == 31)
    let opener = try Opener()
    for byte in UInt8.min...UInt8.max where PickleOpcode(rawValue: byte) == nil {
      let arguments = [UInt8](repeating: 0, count: 16)
      let failure = try opener.refusal(of: Pickled.file(Pickled.whole([0x7d, byte] + arguments)))
      #expect(failure?.code == "pickle/opcode", "\(byte)")
      #expect(failure?.place?.hasSuffix(":byte 3") == true, "\(failure as Any)")
    }
  }

  @Test(arguments: [(0x93, "STACK_GLOBAL"), (0x69, "INST"), (0x81, "NEWOBJ"), (0x82, "EXT1")])
  func isNamed(byte: Int, name: String) throws {
    let pickle = Pickled.whole([0x7d, UInt8(byte)])
    #expect(try Opener().refusal(of: Pickled.file(pickle))?.message.contains(name) == true)
  }
}
