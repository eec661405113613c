// Zip files that lie, hide something, or say one thing to one reader and another to the next.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import TestSupport
import Testing

@testable import Pickle

@Suite struct HostileZipTests {
  /// A file to damage. Records: 0 the pickle, 3 byteorder, 4 the data, 5 version.
  struct Target {
    let zip: TorchZip
    var bytes: [UInt8]

    init(_ records: [TorchRecord] = Pickled.archive.records()) {
      zip = TorchZip(records)
      bytes = zip.file.bytes
    }

    mutating func put(_ value: some FixedWidthInteger, at place: Int) {
      let little = Pickled.little(value)
      bytes.replaceSubrange(place..<place + little.count, with: little)
    }

    func local(_ record: Int) -> Int { zip.places[record].header }
    func entry(_ record: Int) -> Int { zip.places[record].directoryEntry }
    func descriptor(_ record: Int) -> Int { zip.places[record].descriptor! }

    /// Puts another directory in place, with end records that fit it.
    mutating func replaceDirectory(_ directory: [UInt8], count: Int) {
      let ends = Array(bytes[zip.wideEnd...])
      bytes = bytes[..<zip.directory] + directory + ends
      let end = zip.directory + directory.count
      put(UInt64(count), at: end + 24)
      put(UInt64(count), at: end + 32)
      put(UInt64(directory.count), at: end + 40)
      put(UInt64(end), at: end + 56 + 8)
      put(UInt16(count), at: end + 76 + 8)
      put(UInt16(count), at: end + 76 + 10)
      put(UInt32(directory.count), at: end + 76 + 12)
    }

    /// The entries of the directory.
    var entries: [[UInt8]] {
      let starts = zip.places.map(\.directoryEntry) + [zip.wideEnd]
      return Swift.zip(starts, starts.dropFirst()).map { Array(bytes[$0..<$1]) }
    }

    /// Gives entry 4 an extra field, and its numbers the value that points to it.
    mutating func widen(size: Bool, offset: Bool, extra: [UInt8]) {
      var all = entries
      if size { for index in 20..<28 { all[4][index] = 255 } }
      if offset { for index in 42..<46 { all[4][index] = 255 } }
      all[4].replaceSubrange(30..<32, with: Pickled.little(UInt16(extra.count)))
      all[4] += extra
      replaceDirectory(Array(all.joined()), count: all.count)
    }
  }

  struct Case: CustomTestStringConvertible, Sendable {
    let what: String
    let code: String
    let status: InputOutput.ExitStatus
    let damage: @Sendable (inout Target) -> Void

    init(
      _ what: String, _ code: String, _ status: InputOutput.ExitStatus = .invalidInput,
      _ damage: @escaping @Sendable (inout Target) -> Void
    ) {
      (self.what, self.code, self.status, self.damage) = (what, code, status, damage)
    }

    var testDescription: String { what }
  }

  @Test(arguments: headers + wide + ends + wholes) func isRefused(_ row: Case) throws {
    var target = Target()
    row.damage(&target)
    let failure = try Opener().refusal(of: target.bytes)
    #expect(failure?.code == row.code, "\(failure as Any)")
    #expect(failure?.status == row.status)
  }

  @Test func theOrderOfTheDirectoryIsFree() throws {
    var target = Target()
    let contents = try Opener().contents(of: target.bytes)
    target.replaceDirectory(Array(target.entries.reversed().joined()), count: target.entries.count)
    #expect(try Opener().contents(of: target.bytes) == contents)
  }

  /// Cut at every length a file is refused; with any byte changed it is refused or means the same.
  @Test func cutsAndFlips() throws {
    let opener = try Opener()
    let bytes = Target().bytes
    let contents = try #require(try opener.contents(of: bytes))
    for length in 0..<bytes.count {
      bytes[..<length].withUnsafeBytes { part in
        _ = #expect(throws: Failure.self, "cut at \(length)") { try PickleFile.parse(part) }
      }
    }
    var refused = 0
    for index in bytes.indices {
      for bits in amount([0xff], soak: [1, 2, 4, 8, 16, 32, 64, 128, 0xff]) as [UInt8] {
        var changed = bytes
        changed[index] ^= bits
        let found = try opener.contents(of: changed)
        if found == nil { refused += 1 }
        #expect(found == nil || found == contents, "byte \(index)")
      }
    }
    #expect(refused > bytes.count / 2)
  }
}

/// Records that are well formed, and not PyTorch's.
@Suite struct HostileRecordTests {
  @Test(
    arguments: [
      ("byteorder", "big", "pickle/byteorder"), ("byteorder", "", "pickle/byteorder"),
      ("version", "0\n", "pickle/version"), ("version", "11\n", "pickle/version"),
      ("version", "", "pickle/version"), ("version", "three", "pickle/version"),
      ("version", "99999999999999999999", "pickle/version"),
      ("version", String(repeating: "3", count: 200), "pickle/version"),
      ("byteorder", nil, nil), ("version", nil, "pickle/version"), ("version", "10\n", nil),
      ("data.pkl", nil, "pickle/no-pickle"), ("data/0", nil, "pickle/storage"),
    ] as [(String, String?, String?)])
  func contents(name: String, text: String?, code: String?) throws {
    var records = Pickled.archive.records()
    let index = try #require(records.firstIndex { $0.name == "archive/\(name)" })
    records[index] = TorchRecord(
      name: text == nil ? "archive/other" : "archive/\(name)",
      contents: .bytes(Array((text ?? "").utf8)))
    #expect(try Opener().refusal(of: TorchZip(records).file.bytes)?.code == code)
  }

  @Test(arguments: [
    ("archive/data.pkl", "zip/name"), ("other/data.pkl", "pickle/no-pickle"),
    ("archive/sub/data.pkl", "pickle/no-pickle"), ("archive/data/0", "zip/name"),
    (String(repeating: "a", count: 1025), "zip/directory"), ("", "zip/directory"),
  ])
  func oneMore(name: String, code: String) throws {
    let records = Pickled.archive.records()
    let more = TorchRecord(name: name, contents: .bytes(Array("x".utf8)))
    #expect(try Opener().refusal(of: TorchZip(records + [more]).file.bytes)?.code == code)
  }

  @Test(arguments: [0, 3, 4, 5], [0, 0x1234_5678] as [UInt32])
  func smallRecordsAreVerified(index: Int, checksum: UInt32) throws {
    var records = Pickled.archive.records()
    records[index].checksum = checksum
    let failure = try Opener().refusal(of: TorchZip(records).file.bytes)
    #expect(failure?.code == "zip/checksum")
    #expect(failure?.remedy?.contains("set_crc32_options") == (checksum == 0))
  }

  /// A start must not read gigabytes.
  @Test func dataIsVerifiedWhenAsked() throws {
    let archive = TorchArchive(tensors: [("weight", .u8, [100_000], .bytes([1]))])
    var records = archive.records()
    records[4].contents = .hole(prefix: [1])
    var bytes = TorchZip(records).file.bytes
    let opener = try Opener()
    try opener.open(bytes).verifyChecksums()
    bytes[TorchZip(records).places[4].data + 99_999] = 1
    let file = try opener.open(bytes)
    let failure = try #require(throws: Failure.self) { try file.verifyChecksums() }
    #expect(failure.code == "zip/checksum" && failure.place?.contains("data/0") == true)
  }
}
