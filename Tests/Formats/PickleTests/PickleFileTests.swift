// Files that torch.save wrote: what opens, and what is refused with a way out.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput
import Tensors
import TestSupport
import Testing

@testable import Pickle

@Suite struct PickleFileTests {
  /// A line of `expected.tsv`; the README beside it names the columns.
  struct Row {
    let file: String
    let name: String
    let entry: TensorEntry?
    let storage: String
    let offset: Int?
    let bytes: String

    init(_ line: Substring) {
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      file = parts[0]
      name = parts[1]
      let shape = parts[3].split(separator: "x").compactMap { Int($0) }
      entry = ElementType(rawValue: parts[2]).map { TensorEntry(elementType: $0, shape: shape) }
      storage = parts[4]
      offset = Int(parts[5])
      bytes = parts[6]
    }
  }

  @Test(arguments: [
    ("types.bin", 17), ("module.bin", 7), ("parameters.bin", 2), ("views.bin", 12),
    ("many.bin", 80), ("no-tensors.bin", 0),
  ])
  func opensAsPyTorchWroteIt(file: String, count: Int) throws {
    let rows = try Self.expected().filter { $0.file == file }
    #expect(rows.count == count)
    let opened = try PickleFile(path: golden(file))
    #expect(opened.names == rows.map(\.name))
    try opened.verifyChecksums()
    try opened.verifyUnchanged()
    var starts: [String: Int] = [:]
    for row in rows {
      #expect(opened.entry(named: row.name) == row.entry, "\(row.name)")
      let tensor = try opened.tensor(named: row.name)
      #expect(tensor.elementType == row.entry?.elementType && tensor.shape == row.entry?.shape)
      let address = tensor.withUnsafeBytes { bytes in
        #expect(bytes.map(hexadecimal).joined() == row.bytes, "\(row.name)")
        return Int(bitPattern: bytes.baseAddress)
      }
      // Views of one storage share it; all that can be is used in place.
      guard let offset = row.offset, offset >= 0 else { continue }
      let start = starts[row.storage] ?? address - offset
      #expect(address == start + offset, "\(row.name)")
      starts[row.storage] = start
      let base = Int(bitPattern: opened.file.bytes.baseAddress)
      #expect((base..<base + opened.file.bytes.count).contains(address))
    }
  }

  @Test func tiedWeightsStayTied() throws {
    let file = try PickleFile(path: golden("module.bin"))
    let address = { (name: String) in
      try file.tensor(named: name).withUnsafeBytes { $0.baseAddress }
    }
    #expect(try address("embed.weight") == address("head.weight"))
    #expect(try address("embed.weight") != address("norm.weight"))
  }

  @Test func aTensorOutlivesItsFile() throws {
    let tensor = try PickleFile(path: golden("parameters.bin")).tensor(named: "frozen")
    #expect(tensor.floatValues.allSatisfy { $0.magnitude < 1 && $0 != 0 })
  }

  @Test func noSuchTensor() throws {
    let file = try PickleFile(path: golden("module.bin"))
    #expect(file.entry(named: "weight") == nil)
    let failure = #expect(throws: Failure.self) { try file.tensor(named: "weight\u{1b}[2J") }
    #expect(failure?.code == "checkpoint/no-tensor")
    #expect(failure.map(isOneHarmlessLine) == true)
  }

  @Test(arguments: [
    ("legacy.bin", "pickle/legacy", "before 1.6"),
    ("training_args.bin", "pickle/global", "transformers.training_args.TrainingArguments"),
    ("expanded.bin", "pickle/view", "strides above 0"),
    ("nested.bin", "pickle/state-dict", "found a dictionary"),
    ("list.bin", "pickle/state-dict", "found a list"),
    ("unsigned.bin", "pickle/global", "torch._utils._rebuild_tensor_v3"),
    ("complex.bin", "pickle/global", "torch.ComplexFloatStorage"),
    ("negated.bin", "pickle/tensor", "conjugated or negated"),
    ("no-checksums.bin", "zip/checksum", "expected the checksum 00000000"),
  ])
  func refusesWhatItCannotUse(file: String, code: String, message: String) throws {
    let failure = try #require(throws: Failure.self) { try PickleFile(path: golden(file)) }
    #expect(failure.code == code)
    #expect(failure.status == .invalidInput)
    #expect(failure.message.contains(message), "\(failure.message)")
    #expect(failure.remedy != nil && isOneHarmlessLine(failure))
    #expect(failure.place?.hasPrefix(golden(file)) == true)
  }

  /// Where a checkpoint should be there is something that is no regular file.
  @Test(
    .timeLimit(.minutes(1)),
    arguments: [
      ("directory", "file/not-regular"), ("fifo", "file/not-regular"), ("loop", "io/open"),
      ("zero", "file/not-regular"), ("nothing", "io/open"), ("empty", "zip/signature"),
    ])
  func otherThings(name: String, code: String) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file(name)
    switch name {
    case "directory": #expect(mkdir(path, 0o755) == 0)
    case "fifo": #expect(mkfifo(path, 0o644) == 0)
    case "loop": #expect(symlink(path, path) == 0)
    case "zero": #expect(symlink("/dev/zero", path) == 0)
    case "empty": try directory.write([UInt8](), to: name)
    default: break
    }
    let failure = try #require(throws: Failure.self) { try PickleFile(path: path) }
    #expect(failure.code == code)
    #expect(isOneHarmlessLine(failure))
  }

  /// The command that converts an old file holds for every name.
  @Test func theCommandIsOneLineOfAShell() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write(goldenBytes("legacy.bin"), to: "it's $(old) \"one\".bin")
    let failure = try #require(throws: Failure.self) { try PickleFile(path: path) }
    let command = try #require(failure.remedy?.split(separator: ": ", maxSplits: 1).last)
    let words = "python3() { printf '%s' \"$3\"; }; \(command)"
    #expect(String(decoding: try Shell.bash(words).output, as: UTF8.self) == path)
  }

  @Test func aTarFileIsRefused() throws {
    let bytes = [UInt8](repeating: 0, count: 257) + Array("ustar".utf8)
    let failure = try #require(try Opener().refusal(of: bytes))
    #expect(failure.code == "pickle/legacy" && failure.message.contains("tar"))
  }

  static func expected() throws -> [Row] {
    try String(decoding: goldenBytes("expected.tsv"), as: UTF8.self).split(separator: "\n").map {
      Row($0)
    }
  }
}
