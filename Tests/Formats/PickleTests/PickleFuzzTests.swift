// Damaged files at random, by bytes and by instructions: refused in one line, or opened within bounds.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Tensors
import TestSupport
import Testing

@testable import Pickle

@Suite struct PickleFuzzTests {
  /// Bytes of real files changed, removed, doubled; the end records and headers more often.
  @Test(arguments: ["types.bin", "module.bin", "views.bin", "training_args.bin", "nested.bin"])
  func damagedFiles(name: String) throws {
    let original = try goldenBytes(name)
    let opener = try Opener()
    var random = SeededGenerator(seed: UInt64(original.count))
    for _ in 0..<amount(150, soak: 100_000) {
      var bytes = original
      let place = Bool.random(using: &random) ? 0 : max(0, bytes.count - 900)
      Self.damage(&bytes, from: place, &random)
      try Self.checkBounds(of: bytes, opener)
    }
  }

  /// Changed pickles inside sound archives: the checksums fit.
  @Test func damagedPickles() throws {
    let archive = Pickled.archive
    let opener = try Opener()
    var random = SeededGenerator(seed: 2)
    var opened = 0
    for _ in 0..<amount(300, soak: 1_000_000) {
      var pickle = archive.pickle
      Self.damage(&pickle, from: 0, &random)
      if try Self.checkBounds(of: Pickled.file(pickle), opener) { opened += 1 }
    }
    #expect(opened > 0)
  }

  /// Instructions in any order, with operands that make sense more often than not.
  @Test func randomInstructions() throws {
    let opener = try Opener()
    var random = SeededGenerator(seed: 3)
    let pieces = Self.pieces
    for _ in 0..<amount(300, soak: 1_000_000) {
      let count = Int.random(in: 1...40, using: &random)
      var pickle: [UInt8] = [0x80, 2, 0x7d]
      for _ in 0..<count { pickle += pieces.randomElement(using: &random) ?? [] }
      pickle.append(0x2e)
      try Self.checkBounds(of: Pickled.file(pickle), opener)
    }
  }

  private static var pieces: [[UInt8]] {
    let numbers = [0, 1, 2, 3, 6, -1, Int.max, Int.min].map(Pickled.number)
    let calls = [Pickled.rebuild, Pickled.parameter, Pickled.noHooks, Pickled.storage()]
    let values = [Pickled.tensor(), Pickled.text("storage"), Pickled.text("a"), Pickled.text("0")]
    let shapes = [Pickled.numbers([2, 3]), Pickled.numbers([3, 1]), Pickled.numbers([])]
    let memos: [[UInt8]] = [[0x71, 0], [0x71, 1], [0x68, 0], [0x68, 1]]
    let bare = PickleOpcode.allCases.map { [$0.rawValue] }
    return numbers + calls + values + shapes + memos + bare
  }

  private static func damage(
    _ bytes: inout [UInt8], from start: Int, _ random: inout SeededGenerator
  ) {
    for _ in 0..<Int.random(in: 1...4, using: &random) where bytes.count > start + 8 {
      let place = Int.random(in: start..<bytes.count - 4, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1: bytes[place] = [0, 1, 0x7f, 0x80, 0xff].randomElement(using: &random) ?? 0
      case 2: bytes.replaceSubrange(place..<place + 4, with: [255, 255, 255, 255])
      case 3: bytes.removeSubrange(place..<place + Int.random(in: 1...4, using: &random))
      case 4: bytes.insert(contentsOf: bytes[place..<place + 4], at: place)
      default:
        bytes[place] = PickleOpcode.allCases.randomElement(using: &random)?.rawValue ?? 0
      }
    }
  }

  /// Whether `bytes` open; then no tensor is larger than the file.
  @discardableResult
  private static func checkBounds(of bytes: [UInt8], _ opener: Opener) throws -> Bool {
    do {
      let file = try opener.open(bytes)
      for name in file.names {
        let tensor = try file.tensor(named: name)
        #expect(tensor.byteCount <= bytes.count)
        _ = tensor.withUnsafeBytes { $0.reduce(0, ^) }
      }
      return true
    } catch let failure as Failure {
      #expect(isOneHarmlessLine(failure), "\(failure)")
      #expect(failure.code.hasPrefix("zip/") || failure.code.hasPrefix("pickle/"))
      return false
    }
  }
}
