// Members of tar archives as several programs write them, and archives that lie.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import InputOutput
import TestSupport
import Testing

@testable import Archives

@Suite struct TarWalkTests {
  /// Names and bodies, and the code of what ended the walk.
  private func walk(_ bytes: [UInt8]) throws -> (members: [String: String], code: String?) {
    let directory = try TemporaryDirectory()
    try directory.write(bytes, to: "a.tar")
    return try walk(file: directory.file("a.tar"))
  }

  private func walk(file path: String) throws -> (members: [String: String], code: String?) {
    let file = try RegularFile(path: path)
    var walk = TarWalk(file)
    var members: [String: String] = [:]
    do throws(Failure) {
      while let member = try walk.next() {
        let body = try file.read(at: member.bytes.lowerBound, count: member.bytes.count)
        let name = String(decoding: member.name, as: UTF8.self)
        members[name] = String(decoding: body, as: UTF8.self)
      }
    } catch { return (members, error.code) }
    return (members, nil)
  }

  private static let long = String(repeating: "directory/", count: 30) + "a.jpg"
  private static let block = [0x78] + [UInt8](repeating: 0, count: 511)

  private static let files: [(name: String, bytes: [UInt8])] = [
    ("a#b.jpg", member("a#b.jpg", "x")), ("a", member("./a", "x")), ("a", member("/./a", "x")),
    ("../a", member("../a", "x")), ("p/a", member("a", "x", prefix: "p")),
    ("a", member("a", "x", magic: "ustar  \u{0}", prefix: "p")),
    ("a", member("a", "x", type: "\u{0}", magic: "")), ("a", member("a", "x", type: "7")),
    (long, body("\(long)\u{0}", type: "L") + member("short", "x")),
    (long, body(pax("mtime", "1.5") + pax("path", long), type: "x") + member("short", "x")),
    ("a", body(pax("path", "global"), type: "g") + member("a", "x")),
    ("a", body("target", type: "K") + member("a", "x")),
    ("a", body(pax("size", "1"), type: "x") + header("a", size: octal(0)) + block),
    ("a", header("a", size: base256(0x80, [1])) + block),
    // What has no body may name any size.
    ("a", header("d/", size: octal(1 << 30), type: "5") + member("a", "x")),
    ("a", header("l", size: octal(512), type: "2") + member("a", "x")),
    ("a", header("h", size: octal(9), type: "1") + member("a", "x")),
    ("a", header("dev", size: octal(0), type: "3") + member("a", "x")),
    // In pieces, as GNU tar and pax keep holes.
    ("a", member("s", "holes", type: "S") + member("a", "x")),
    ("a", body(pax("GNU.sparse.major", "1"), type: "x") + member("s", "y") + member("a", "x")),
  ]

  @Test(arguments: files.indices) func findsTheOneFile(number: Int) throws {
    let (name, bytes) = Self.files[number]
    let found = try walk(bytes + endMark)
    #expect(found.members == [name: "x"] && found.code == nil)
  }

  private static func sized(_ size: [UInt8]) -> [UInt8] { header("a", size: size) }
  private static func base256(_ first: UInt8, _ rest: [UInt8]) -> [UInt8] {
    [first] + [UInt8](repeating: 0, count: 11 - rest.count) + rest
  }
  private static func body(_ text: String, type: String) -> [UInt8] {
    member("@", text, type: type)
  }

  private static let lies: [(code: String, bytes: [UInt8])] = [
    ("tar/cut", []), ("tar/cut", [UInt8](repeating: 0, count: 100)),
    ("tar/cut", Array(member("a").prefix(300))),
    ("tar/header", [UInt8](repeating: 1, count: 512)),
    ("tar/cut", sized(octal(1))), ("tar/cut", sized(octal(1 << 32))),
    ("tar/cut", sized(base256(0x80, [0x7F] + [UInt8](repeating: 0xFF, count: 7)))),
    ("tar/header", sized(base256(0x80, [1] + [UInt8](repeating: 0, count: 8)))),
    ("tar/header", sized(base256(0x80, [UInt8](repeating: 0xFF, count: 11)))),
    ("tar/header", sized([UInt8](repeating: 0xFF, count: 12))),
    ("tar/header", sized(Array("-0000000001\u{0}".utf8))),
    ("tar/header", sized(Array("0000000008\u{0}\u{0}".utf8))),
    ("tar/header", sized([UInt8](repeating: 0, count: 12))),
    ("tar/header", body("junk", type: "x")), ("tar/header", body("9 path=a", type: "x")),
    ("tar/header", body("99999999 path=a\n", type: "x")), ("tar/header", body("0 =\n", type: "x")),
    ("tar/header", body(pax("size", "-1"), type: "x")),
    ("tar/header", body(pax("size", "99999999999999999999"), type: "x")),
    ("tar/cut", body(pax("size", "9223372036854775807"), type: "x") + member("a")),
    ("tar/too-large", body(String(repeating: "a", count: 70_000), type: "L")),
    ("tar/too-large", body(pax("path", String(repeating: "a", count: 70_000)), type: "x")),
    ("tar/cut", header("@", size: octal(1 << 30), type: "x")),
  ]

  /// Behind a good member, which stays.
  @Test(arguments: lies.indices) func whatLiesIsRefused(number: Int) throws {
    let (code, bytes) = Self.lies[number]
    let found = try walk(member("good", "x") + bytes)
    #expect(found.members == ["good": "x"] && found.code == code)
  }

  /// Any byte changed, any length: an answer or a fault, never a member outside of the file.
  @Test func damageIsFound() throws {
    let whole = member("@", pax("path", Self.long), type: "x") + member("s", "body") + endMark
    for place in stride(from: 0, to: whole.count, by: 7) {
      var bytes = whole
      bytes[place] ^= 0x81
      _ = try walk(bytes)
      _ = try walk(Array(whole.prefix(place)))
    }
  }

  static let formats = ["v7", "oldgnu", "gnu", "ustar", "pax"]

  @Test(arguments: formats) func readsWhatGNUTarWrites(format: String) throws {
    let directory = try TemporaryDirectory()
    let folder = format == "v7" ? "d" : String(repeating: "d", count: 90) + "/" + "e"
    let made = try Shell.bash(
      """
      mkdir -p '\(folder)'; echo -n one > '\(folder)/a b#1.jpg'; echo -n two > "\(folder)/ü.txt"
      ln -s 'a b#1.jpg' '\(folder)/link'; ln '\(folder)/ü.txt' '\(folder)/ü.zz'
      tar --sort=name --format=\(format) -cf x.tar '\(folder)'
      """, in: directory)
    try #require(made.status == 0, "\(made.errors)")
    let found = try walk(file: directory.file("x.tar"))
    #expect(found.members == ["\(folder)/a b#1.jpg": "one", "\(folder)/ü.txt": "two"])
    #expect(found.code == nil)
  }

  static let python =
    ["/usr/bin", "/usr/local/bin"].map { "\($0)/python3" }.first(
      where: FileManager.default.isExecutableFile) ?? ""

  @Test(
    .enabled(if: !python.isEmpty, "python3 is not there"),
    arguments: ["USTAR_FORMAT", "GNU_FORMAT", "PAX_FORMAT"])
  func readsWhatPythonWrites(format: String) throws {
    let directory = try TemporaryDirectory()
    try directory.write(
      """
      import io, tarfile
      with tarfile.open('x.tar', 'w', format=tarfile.\(format)) as archive:
        for name in ['000.jpg', 'd' * 60 + '/' + 'e' * 60 + '.txt', 'ü.json']:
          member = tarfile.TarInfo(name)
          member.size = 3
          member.mtime = 1.5
          archive.addfile(member, io.BytesIO(b'abc'))
      """, to: "make.py")
    let made = try Shell.bash("\(Self.python) make.py", in: directory)
    try #require(made.status == 0, "\(made.errors)")
    let long = String(repeating: "d", count: 60) + "/" + String(repeating: "e", count: 60) + ".txt"
    let found = try walk(file: directory.file("x.tar"))
    #expect(found.members == ["000.jpg": "abc", long: "abc", "ü.json": "abc"] && found.code == nil)
  }
}
