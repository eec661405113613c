// GGUF files that lie, are cut or flipped: each is refused in one line, none ends the process.
// SPDX-License-Identifier: Apache-2.0
import GGUF
import GGUFWriting
import InputOutput
import Tensors
import TestSupport
import Testing

@Suite struct HostileFileTests {
  /// A small honest file: some metadata, a vector, a matrix of blocks.
  static var honest: GGUFWriter {
    var writer = GGUFWriter()
    writer["general.architecture"] = .text("llama")
    writer["general.alignment"] = .u32(32)
    writer["a.flag"] = .flag(true)
    writer["a.texts"] = .texts(["x", "yy"])
    writer["a.numbers"] = .integers([1, 2, 3])
    writer.tensors = [
      GGUFEntry("vector", shape: [3], bytes: [UInt8](repeating: 1, count: 12)),
      GGUFEntry("matrix", kind: 8, shape: [2, 32], bytes: [UInt8](repeating: 2, count: 68)),
    ]
    return writer
  }

  private func open(_ bytes: [UInt8], in directory: TemporaryDirectory) throws -> GGUFFile {
    try GGUFFile(path: directory.write(bytes, to: "a.gguf"))
  }

  private func failure(_ bytes: [UInt8]) throws -> Failure? {
    let directory = try TemporaryDirectory()
    do {
      _ = try open(bytes, in: directory)
      return nil
    } catch let failure as Failure {
      return failure
    }
  }

  @Test(arguments: [UInt32(2), 3]) func honestFilesAreRead(version: UInt32) throws {
    var writer = Self.honest
    writer.version = version
    let directory = try TemporaryDirectory()
    let file = try open(writer.bytes, in: directory)
    #expect(file.keys.count == 5)
    #expect(file.tensors.map(\.name) == ["vector", "matrix"])
    #expect(file.tensors[1].shape == [2, 32])
    // The last tensor padded, as llama.cpp's own writer leaves it.
    let padded = writer.bytes + [UInt8](repeating: 0, count: 28)
    #expect(padded.count % 32 == 0)
    #expect(try open(padded, in: directory).tensors.count == 2)
  }

  /// What is wrong, the code, and words that the line must have.
  static let lies:
    [(name: String, code: String, words: [String], change: @Sendable (inout GGUFWriter) -> Void)] =
      [
        ("version 1", "version", ["version 1"], { $0.version = 1 }),
        ("big-endian", "version", ["big-endian"], { $0.version = 3 << 24 }),
        ("values without end", "size", ["values"], { $0.fieldCount = 1 << 62 }),
        ("values past 2^63", "size", ["2^63"], { $0.fieldCount = .max }),
        ("tensors without end", "size", ["tensors"], { $0.tensorCount = 1 << 40 }),
        ("one value more", "name", [], { $0.fieldCount = 6 }),
        ("one value less", "shape", [], { $0.fieldCount = 4 }),
        ("one tensor less", "trailing", [], { $0.tensorCount = 1 }),
        ("the same key twice", "duplicate", ["a.flag"], { $0.fields.append($0.fields[2]) }),
        ("the same tensor twice", "duplicate", ["vector"], { $0.tensors.append($0.tensors[0]) }),
        ("a key of two letters", "name", ["ASCII"], { $0.fields[2].key = "ä" }),
        ("an empty key", "name", [], { $0.fields[2].key = "" }),
        (
          "an unknown type", "type", ["13", "a.flag"],
          { $0.fields[2].value = GGUFField(type: 13, bytes: [0]) }
        ),
        (
          "a flag of 2", "value", ["a.flag"],
          { $0.fields[2].value = GGUFField(type: 7, bytes: [2]) }
        ),
        (
          "an array of arrays", "nesting", ["a.numbers"],
          { $0.fields[4].value = .array(9, [[4, 0, 0, 0] + [UInt8](repeating: 0, count: 8)]) }
        ),
        (
          "an array of 2^63 bytes", "size", ["a.numbers"],
          {
            $0.fields[4].value = GGUFField(
              type: 9, bytes: GGUFField.number(UInt32(0)) + GGUFField.number(UInt64(1) << 63))
          }
        ),
        (
          "an array whose size overflows", "size", ["a.numbers"],
          {
            $0.fields[4].value = GGUFField(
              type: 9, bytes: GGUFField.number(UInt32(10)) + GGUFField.number(UInt64(1) << 61))
          }
        ),
        (
          "an array of texts without end", "size", ["a.texts"],
          {
            $0.fields[3].value = GGUFField(
              type: 9, bytes: GGUFField.number(UInt32(8)) + GGUFField.number(UInt64(1) << 40))
          }
        ),
        (
          "a text of 2^62 bytes", "cut", ["general.architecture"],
          { $0.fields[0].value = GGUFField(type: 8, bytes: GGUFField.number(UInt64(1) << 62)) }
        ),
        ("alignment 0", "alignment", ["power of two"], { $0["general.alignment"] = .u32(0) }),
        ("alignment 24", "alignment", ["24"], { $0["general.alignment"] = .u32(24) }),
        ("alignment 4", "alignment", ["4"], { $0["general.alignment"] = .u32(4) }),
        ("alignment 2^31", "alignment", [], { $0["general.alignment"] = .u32(1 << 31) }),
        ("alignment as a text", "alignment", [], { $0["general.alignment"] = .text("32") }),
        ("alignment in 16 bits", "alignment", ["u16"], { $0["general.alignment"] = .u16(32) }),
        ("a dimension of 0", "shape", ["vector"], { $0.tensors[0].shape = [0] }),
        ("no dimension", "shape", ["vector"], { $0.tensors[0].shape = [] }),
        ("five dimensions", "shape", ["5"], { $0.tensors[0].shape = [1, 1, 1, 1, 3] }),
        (
          "elements that overflow", "shape", ["too large"],
          { $0.tensors[0].shape = [1 << 31, 1 << 31, 1 << 31] }
        ),
        (
          "bytes that overflow", "shape", ["too large"],
          { $0.tensors[0].shape = [1 << 31, 1 << 30] }
        ),
        ("rows of half a block", "shape", ["Q8_0", "16"], { $0.tensors[1].shape = [4, 16] }),
        ("a format that nobody knows", "format", ["type 99"], { $0.tensors[0].kind = 99 }),
        ("a format that is not read", "format", ["IQ4_XS"], { $0.tensors[0].kind = 23 }),
        ("an offset between steps", "offset", ["steps of 32"], { $0.tensors[1].offset = 12 }),
        ("tensors on each other", "layout", ["matrix"], { $0.tensors[1].offset = 0 }),
        ("a hole between tensors", "layout", ["matrix"], { $0.tensors[1].offset = 64 }),
        ("an offset that wraps", "size", ["2^63"], { $0.tensors[1].offset = .max - 31 }),
        ("a tensor past the end", "cut", ["matrix"], { $0.tensors[1].shape = [4, 32] }),
        ("a tensor of a terabyte", "cut", ["matrix"], { $0.tensors[1].shape = [1 << 35, 32] }),
        (
          "bytes after the end", "trailing", ["bytes more"],
          {
            $0.tensors[1].bytes += [UInt8](repeating: 0, count: 40)
          }
        ),
        (
          "a name of 65 bytes", "name", ["64"],
          {
            $0.tensors[0].name = String(repeating: "v", count: 65)
          }
        ),
      ]

  @Test(arguments: lies.indices) func liesAreRefused(row: Int) throws {
    let lie = Self.lies[row]
    var writer = Self.honest
    lie.change(&writer)
    let failure = try #require(try failure(writer.bytes), "\(lie.name)")
    #expect(failure.code == "gguf/\(lie.code)", "\(lie.name): \(failure)")
    #expect([.invalidInput, .mismatch].contains(failure.status))
    #expect(failure.remedy != nil)
    let line = "\(failure.place ?? "") \(failure.message)"
    #expect(!line.utf8.contains(UInt8(ascii: "\n")))
    for word in lie.words { #expect(line.contains(word), "\(lie.name): \(line)") }
  }

  @Test func everyCutIsRefused() throws {
    let whole = Self.honest.bytes
    let directory = try TemporaryDirectory()
    for size in 0..<whole.count {
      #expect(throws: Failure.self, "\(size)") {
        try open(Array(whole.prefix(size)), in: directory)
      }
    }
  }

  /// Every byte of the header in turn, and several at once: refused, or read as something whose every
  /// value can be asked for.
  @Test func flippedBytesNeverTrap() throws {
    let whole = Self.honest.bytes
    let directory = try TemporaryDirectory()
    var generator = SeededGenerator(seed: 5)
    var refused = 0
    func look(_ bytes: [UInt8]) throws {
      do {
        let file = try open(bytes, in: directory)
        for key in file.keys {
          let value = file[key]
          _ = (value?.integers, value?.numbers, value?.texts, value?.flag, value?.floats)
        }
        for tensor in file.tensors {
          #expect(tensor.byteRange.upperBound <= bytes.count)
          _ = try file.weight(tensor)?.decoded()
        }
      } catch let failure as Failure {
        refused += 1
        #expect([.invalidInput, .mismatch].contains(failure.status))
      }
    }
    for place in whole.indices {
      for value: UInt8 in [0x00, 0x80, 0xff, whole[place] ^ 1] {
        var bytes = whole
        bytes[place] = value
        try look(bytes)
      }
    }
    for _ in 0..<amount(500, soak: 100_000) {
      var bytes = whole
      for _ in 0..<Int.random(in: 2...6, using: &generator) {
        bytes[Int.random(in: bytes.indices, using: &generator)] = .random(
          in: 0...255, using: &generator)
      }
      try look(bytes)
    }
    #expect(refused > 500)
  }
}
