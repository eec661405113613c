// The pickle machine alone: odd pickles that are right, integers of any length, cuts.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import TestSupport
import Testing

@testable import Pickle

private typealias P = Pickled

/// A pickle between its protocol and its end.
struct RightPickle: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let body: [UInt8]

  init(_ what: String, _ body: [UInt8]) {
    testDescription = what
    self.body = body
  }

  /// A dictionary with one value.
  init(value what: String, _ value: [UInt8]) {
    self.init(what, P.dictionary(P.text("weight"), value))
  }
}

@Suite struct PickleMachineTests {
  /// Why the machine stops before the end; nil when it comes to it.
  static func refusal(of pickle: [UInt8]) -> Failure? {
    pickle.withUnsafeBytes { bytes in
      var machine = PickleMachine(bytes)
      do throws(Failure) {
        _ = try machine.run()
        return nil
      } catch {
        return error
      }
    }
  }

  @Test func cutAtEveryByte() {
    let pickle = TorchArchiveTests.module.pickle
    #expect(Self.refusal(of: pickle) == nil)
    for count in pickle.indices {
      #expect(Self.refusal(of: Array(pickle.prefix(count)))?.code == "pickle/cut", "\(count)")
    }
  }

  static let right: [RightPickle] = [
    RightPickle(
      "remembered far away",
      {
        let place = P.little(UInt32(4_000_000_000))
        return [0x7d, 0x72] + place + [0x28] + P.text("weight") + P.tensor() + [0x75]
      }()),
    RightPickle(
      value: "on a GPU once",
      P.tensor(
        P.tuple(
          P.text("storage"), P.global("torch", "FloatStorage"), P.text("0"),
          P.text("cuda:0"), P.number(6)) + [0x51])),
    RightPickle(
      value: "seven arguments",
      P.tensor(more: P.no + P.noHooks + P.none)),
    RightPickle(
      value: "strides of size 1",
      P.tensor(
        shape: P.numbers([1, 2, 1, 3]), strides: P.numbers([0, 3, 1 << 40, 1]))),
    RightPickle(value: "a dictionary for hooks", P.tensor(more: [0x88, 0x7d])),
    RightPickle(
      "with attributes that are dropped",
      P.dictionary(P.text("weight"), P.tensor())
        + P.dictionary(P.text("_metadata"), [0x5d, 0x4e, 0x61] + P.real + [0x61])
        + [0x62]),
    RightPickle("one by one", [0x7d] + P.text("weight") + P.tensor() + [0x73]),
    RightPickle(
      "through an OrderedDict",
      P.noHooks + P.text("weight")
        + P.call(
          P.parameter, P.tuple(P.tensor(), P.no, P.noHooks)) + [0x73]),
  ]

  @Test(arguments: right) func reads(pickle: RightPickle) throws {
    let file = try Opener().open(P.file(P.whole(pickle.body)))
    #expect(file.names == ["weight"])
    #expect(try file.tensor(named: "weight").floatValues == [0, 1, 2, 3, 4, 5])
  }

  /// Python writes the fewest bytes; any number of them up to eight means the same.
  @Test(
    arguments: [
      ([], 0), ([0xff], -1), ([0x80], -128), ([0xff, 0], 255), ([0, 0, 0, 0x80, 0], 1 << 31),
      ([0, 0, 0, 0, 0, 0, 0, 0x80], Int.min),
      ([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], Int.max),
    ] as [([UInt8], Int)])
  func longIntegers(bytes: [UInt8], value: Int) throws {
    let pickle = P.whole([0x8a, UInt8(bytes.count)] + bytes)
    let found = try pickle.withUnsafeBytes { bytes in
      var machine = PickleMachine(bytes)
      return try machine.run().integer
    }
    #expect(found == value)
  }
}
