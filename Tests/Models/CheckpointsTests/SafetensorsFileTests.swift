// Files whose headers lie, one a row of what is refused; and what good files give.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

struct SafetensorsFileTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func open(_ bytes: [UInt8]) throws -> SafetensorsFile {
    try SafetensorsFile(path: directory.write(bytes, to: "a.safetensors"))
  }

  /// One tensor's entry.
  private static func entry(
    _ offsets: String, name: String = "a", dtype: String = "\"F32\"", shape: String = "[2]"
  ) -> String {
    "\"\(name)\":{\"dtype\":\(dtype),\"shape\":\(shape),\"data_offsets\":\(offsets)}"
  }

  @Test func viewsTheMapping() throws {
    let header =
      "{" + Self.entry("[0,16]", shape: "[2,2]") + ","
      + Self.entry("[16,17]", name: "b", dtype: "\"U8\"", shape: "[]")
      + ",\"__metadata__\":{\"format\":\"pt\"}}"
    let padded = header + String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    let file = try open(Fixture.file(header: padded, dataCount: 17))
    #expect(file.names == ["a", "b"])
    #expect(file.entry(named: "a") == TensorEntry(elementType: .f32, shape: [2, 2]))
    #expect(file.metadata.map(\.value) == ["pt"])
    let tensor = try file.tensor(named: "a")
    #expect(tensor.withUnsafeBytes { Array($0) } == Array(0..<16))
    #expect(try file.tensor(named: "b").withUnsafeBytes { Array($0) } == [16])
    #expect(try failure { try file.tensor(named: "c") }.code == "checkpoint/no-tensor")
  }

  @Test(arguments: 0..<8) func copiesMisalignedTensors(padding: Int) throws {
    let header = "{" + Self.entry("[0,8]") + "}" + String(repeating: " ", count: padding)
    let tensor = try open(Fixture.file(header: header, dataCount: 8)).tensor(named: "a")
    tensor.withUnsafeBytes {
      #expect(Int(bitPattern: $0.baseAddress) % 4 == 0)
      #expect(Array($0) == Array(0..<8))
    }
  }

  @Test func tensorsOutliveTheirFile() throws {
    var file: SafetensorsFile? = try open(
      Fixture.file(header: "{" + Self.entry("[0,8]") + "}", dataCount: 8))
    let tensor = try #require(try file?.tensor(named: "a"))
    file = nil
    #expect(tensor.withUnsafeBytes { Array($0) } == Array(0..<8))
  }

  @Test func acceptsEmptyTensorsAndFilesWithoutTensors() throws {
    let empty = try open(
      Fixture.file(header: "{" + Self.entry("[0,0]", shape: "[0,3]") + "}", dataCount: 0))
    #expect(try empty.tensor(named: "a").count == 0)
    #expect(try open(Fixture.file(header: "{}", dataCount: 0)).names.isEmpty)
  }

  private static let lies: [(String, String, Int)] = [
    ("hole at the start", entry("[8,16]"), 16),
    ("hole between", entry("[0,8]") + "," + entry("[12,20]", name: "b"), 20),
    ("overlap", entry("[0,8]") + "," + entry("[4,12]", name: "b"), 12),
    ("alias", entry("[0,8]") + "," + entry("[0,8]", name: "b"), 8),
    ("end before begin", entry("[8,0]"), 8),
    ("negative offset", entry("[-8,0]"), 8),
    ("bytes after", entry("[0,8]"), 9),
    ("bytes missing", entry("[0,8]"), 7),
    ("size is not end - begin", entry("[0,8]", shape: "[3]"), 8),
    ("product overflows", entry("[0,8]", shape: "[4294967296,4294967296,4]"), 8),
    ("bytes overflow", entry("[0,8]", shape: "[4611686018427387904]"), 8),
    (
      "zero hides an overflow",
      entry("[0,0]", shape: "[0,4611686018427387904,4611686018427387904]"), 0
    ),
    (
      "overflow before a zero",
      entry("[0,0]", shape: "[4611686018427387904,4611686018427387904,0]"), 0
    ),
    ("size over u64", entry("[0,8]", shape: "[18446744073709551616]"), 8),
    ("negative size", entry("[0,8]", shape: "[-2]"), 8),
    ("float size", entry("[0,8]", shape: "[2.0]"), 8),
    ("string size", entry("[0,8]", shape: "[\"2\"]"), 8),
    ("exponent size", entry("[0,8]", shape: "[2e0]"), 8),
    ("shape is a number", entry("[0,8]", shape: "2"), 8),
    ("rank over 8", entry("[0,8]", shape: "[2,1,1,1,1,1,1,1,1]"), 8),
    ("unknown type", entry("[0,8]", dtype: "\"Q4\""), 8),
    ("lower-case type", entry("[0,8]", dtype: "\"f32\""), 8),
    ("type is null", entry("[0,8]", dtype: "null"), 8),
    ("missing field", "\"a\":{\"dtype\":\"F32\",\"shape\":[2]}", 8),
    ("three offsets", entry("[0,8,8]"), 8),
    ("one offset", entry("[8]"), 8),
    (
      "duplicate field",
      "\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[2],"
        + "\"data_offsets\":[0,8]}", 8
    ),
    ("duplicate metadata", "\"__metadata__\":{},\"__metadata__\":{}", 0),
    ("duplicate key inside the metadata", "\"__metadata__\":{\"a\":\"\",\"a\":\"\"}", 0),
    ("metadata value", "\"__metadata__\":{\"a\":1}", 0),
    ("metadata is null", "\"__metadata__\":null", 0),
    ("duplicate tensor", entry("[0,8]") + "," + entry("[0,8]"), 8),
    ("duplicate after unescaping", entry("[0,8]") + "," + entry("[8,16]", name: "\\u0061"), 16),
    (
      "equal after normalisation",
      entry("[0,8]", name: "\u{e9}") + "," + entry("[8,16]", name: "e\u{301}"),
      16
    ),
    ("lone surrogate", entry("[0,8]", name: "\\ud800"), 8),
    ("control character in a name", entry("[0,8]", name: "a\\u0000"), 8),
    ("empty name", entry("[0,8]", name: ""), 8),
    ("name over 1 kB", entry("[0,8]", name: String(repeating: "n", count: 1025)), 8),
    ("entry is a list", "\"a\":[]", 0),
  ]

  @Test(arguments: lies) func refuses(lie: (name: String, members: String, dataCount: Int)) throws {
    let bytes = Fixture.file(header: "{\(lie.members)}", dataCount: lie.dataCount)
    let failure = try failure { try open(bytes) }
    #expect(failure.status == .invalidInput, "\(lie.name): \(failure)")
    #expect(failure.code.hasPrefix("safetensors/"))
  }

  @Test(arguments: [
    "", " {}", "\u{feff}{}", "{}\0", "{} {}", "[]", "null", "{", "{\"a\":}", "{'a':1}", "{}x",
    "{\"a\":" + String(repeating: "[", count: 200) + String(repeating: "]", count: 200) + "}",
  ])
  func refusesHeadersThatAreNotObjects(header: String) throws {
    let failure = try failure { try open(Fixture.file(header: header, dataCount: 0)) }
    #expect(failure.status == .invalidInput)
  }

  @Test(arguments: [[], [1], [UInt8](repeating: 0, count: 7), [UInt8](repeating: 0, count: 8)])
  func refusesShortFiles(bytes: [UInt8]) throws {
    #expect(try failure { try open(bytes) }.status == .invalidInput)
  }

  @Test(arguments: [3, 100_000_001, 1 << 31, 1 << 63, UInt64.max - 7, .max])
  func refusesHeadersLongerThanTheFile(length: UInt64) throws {
    let bytes = Fixture.littleEndian(length) + [UInt8(ascii: "{"), UInt8(ascii: "}")]
    #expect(try failure { try open(bytes) }.status == .invalidInput)
  }

  @Test func refusesBadUTF8() throws {
    let header: [UInt8] = Array("{\"".utf8) + [0xFF] + Array("\":{}}".utf8)
    let bytes = Fixture.littleEndian(UInt64(header.count)) + header
    #expect(try failure { try open(bytes) }.code == "safetensors/json")
  }

  @Test func refusesWhatIsNoRegularFile() throws {
    let directory = directory
    #expect(try failure { try SafetensorsFile(path: directory.path) }.status == .invalidInput)
    #expect(try failure { try SafetensorsFile(path: "/dev/zero") }.status == .invalidInput)
    let pipe = directory.file("pipe")
    #expect(try Shell.bash("mkfifo '\(pipe)' && ln -s loop '\(directory.path)/loop'").status == 0)
    #expect(try failure { try SafetensorsFile(path: pipe) }.status == .invalidInput)
    let loop = try failure { try SafetensorsFile(path: directory.file("loop")) }
    #expect(loop.status == .inputOutput)
  }

  @Test func writesCanonicallyAndReadsBack() throws {
    let wide = try Tensor([Float](arrayLiteral: 1, 2, 3, 4), shape: [2, 2])
    let narrow = try Tensor(.bf16, shape: [3])
    let path = directory.file("written.safetensors")
    try SafetensorsWriter.write(
      ["z": wide, "a": narrow, "b": wide], metadata: [("format", "pt")], to: path)
    let first = try readWholeFile(path, limit: 1 << 20)
    let file = try SafetensorsFile(path: path)
    #expect(file.names == ["b", "z", "a"])
    #expect(
      try file.tensor(named: "z").withUnsafeBytes { Array($0) }
        == wide.withUnsafeBytes { Array($0) })
    // A file may be written over itself from its own mapping.
    var tensors: [String: Tensor] = [:]
    for name in file.names { tensors[name] = try file.tensor(named: name) }
    try SafetensorsWriter.write(tensors, metadata: file.metadata, to: path)
    #expect(try readWholeFile(path, limit: 1 << 20) == first)
  }

  @Test func nothingTraps() throws {
    var generator = SeededGenerator(seed: 11)
    let header =
      "{\"__metadata__\":{\"format\":\"pt\"}," + Self.entry("[0,8]") + ","
      + Self.entry("[8,20]", name: "b", dtype: "\"BF16\"", shape: "[2,3,1]") + "}"
    let original = Fixture.file(header: header, dataCount: 20)
    let path = directory.file("m")
    var accepted = 0
    for _ in 0..<amount(1000, soak: 40_000) {
      writeQuickly(Self.mutate(original, &generator), to: path)
      do throws(Failure) {
        let file = try SafetensorsFile(path: path)
        accepted += 1
        for name in file.names {
          let tensor = try file.tensor(named: name)
          #expect(tensor.withUnsafeBytes { $0.reduce(0) { $0 &+ Int($1) } } >= 0)
        }
      } catch {
        #expect(error.status == .invalidInput || error.status == .limitExceeded, "\(error)")
      }
    }
    // Most mutations are noticed, those of the data are not.
    #expect((1..<3000).contains(accepted))
  }

  /// Overwriting a file makes some file systems flush it, which would take most of the test's time.
  private func writeQuickly(_ bytes: [UInt8], to path: String) {
    unlink(path)
    let file = fopen(path, "w")
    #expect(file != nil && fwrite(bytes, 1, bytes.count, file) == bytes.count)
    if let file { fclose(file) }
  }

  /// One to four edits: a byte changed, removed or doubled, or a number replaced by a hostile one.
  private static func mutate(_ original: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
    var bytes = original
    let hostile = ["0", "-1", "1e9", "4611686018427387904", "18446744073709551615", "[]", "\"\""]
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      let index = Int.random(in: 0..<bytes.count, using: &generator)
      switch Int.random(in: 0..<5, using: &generator) {
      case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
      case 1: bytes.remove(at: index)
      case 2: bytes.insert(bytes[index], at: index)
      case 3: bytes.removeLast(min(bytes.count - 1, Int.random(in: 1...8, using: &generator)))
      default:
        let digits = bytes.indices.filter { $0 > 8 && (48...57).contains(bytes[$0]) }
        guard let digit = digits.randomElement(using: &generator) else { continue }
        let text = hostile.randomElement(using: &generator) ?? "0"
        bytes.replaceSubrange(digit...digit, with: Array(text.utf8))
        // Keep the header's length true in half of the cases, so that its JSON is reached.
        if Bool.random(using: &generator), bytes.count > 8, bytes[0] < 200 {
          bytes[0] = bytes[0] &+ UInt8(text.utf8.count - 1)
        }
      }
    }
    return bytes
  }
}
