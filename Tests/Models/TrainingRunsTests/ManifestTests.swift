// Every member of a checkpoint's manifest absent, of another type, or out of its range.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import TestSupport
import Testing

@testable import TrainingRuns

struct ManifestTests {
  private let directory: TemporaryDirectory
  private let manifest: Manifest

  init() throws {
    directory = try TemporaryDirectory()
    var place = DataPlace()
    (place.epoch, place.position, place.sequences, place.digest) = (1, 2, 3, "d")
    let file = ManifestFile(name: TrainingCheckpoint.stateName, byteCount: 4, sha256: "ab")
    manifest = Manifest(step: 7, place: place, run: ["a": .int(1)], files: [file])
  }

  private func read(_ object: JSONObject) throws -> Manifest {
    try directory.write(JSONValue.object(object).serialized(), to: Manifest.fileName)
    return try Manifest(in: directory.path)
  }

  private func expectRefused(_ object: JSONObject, _ what: String) throws {
    let failure = try failure { _ = try read(object) }
    #expect(failure.code == "checkpoint/manifest", "\(what)")
    #expect(failure.status == .invalidInput && failure.remedy?.isEmpty == false)
    #expect(failure.place == directory.file(Manifest.fileName), "\(what)")
  }

  @Test func manifestsAreReadAsTheyWereWritten() throws {
    #expect(try read(manifest.json) == manifest)
    var zero = manifest
    (zero.step, zero.place, zero.run) = (0, DataPlace(), [:])
    #expect(try read(zero.json) == zero)
  }

  /// Values that no member can have, all but the ones of its own type.
  private func wrong(_ value: JSONValue) -> [JSONValue?] {
    let others: [JSONValue] = [
      .null, .bool(true), .string("x"), .int(7), .array([.int(1)]), .object(["x": .int(1)]),
    ]
    let kind = { (value: JSONValue) in
      [value.string != nil, value.int != nil, value.array != nil, value.object != nil]
    }
    var values: [JSONValue?] = others.filter { kind($0) != kind(value) }
    values.append(nil)
    if value.int != nil {
      values += [.int(-1), .int(.max), .int(1 << 60), .double(1.5), .double(1e300)]
    }
    return values
  }

  @Test func everyMemberIsNeeded() throws {
    let whole = manifest.json
    for (key, value) in whole.members {
      for other in wrong(value) {
        var object = whole
        object[key] = other
        try expectRefused(object, "\(key): \(String(describing: other))")
      }
    }
    var format = whole
    format["format"] = .string("llava-train checkpoint 2")
    try expectRefused(format, "another format")
    let place = manifest.place.json
    for (key, value) in place.members {
      for other in wrong(value) {
        var (object, data) = (whole, place)
        data[key] = other
        object["data"] = .object(data)
        try expectRefused(object, "data.\(key): \(String(describing: other))")
      }
    }
    let file = try #require(whole["files"]?.array?.first?.object)
    for (key, value) in file.members {
      // A count that is none of a file's is found when that is measured.
      for other in wrong(value) where other?.int == nil {
        var (object, changed) = (whole, file)
        changed[key] = other
        object["files"] = .array([.object(file), .object(changed)])
        try expectRefused(object, "files.\(key): \(String(describing: other))")
      }
    }
  }

  @Test func filesOutsideAndUnlistedStatesAreRefused() throws {
    for name in ["../state.safetensors", "/etc/passwd", "a/b", "other"] {
      var object = manifest
      object.files[0].name = name
      try expectRefused(object.json, name)
    }
    var none = manifest
    none.files = []
    try expectRefused(none.json, "no files")
    var negative = manifest
    negative.files[0].byteCount = -1
    try directory.write("abcd", to: TrainingCheckpoint.stateName)
    let failure = try failure { try read(negative.json).verifyFiles(in: directory.path) }
    #expect(failure.code == "checkpoint/damaged")
  }

  @Test func whatIsNoManifestIsRefused() throws {
    let none = try failure { _ = try Manifest(in: directory.file("nowhere")) }
    #expect(none.code == "checkpoint/manifest")
    for text in ["", "{", "[]", "7", "\u{0}", "{\"format\":7}"] {
      try directory.write(text, to: Manifest.fileName)
      #expect(
        try failure { _ = try Manifest(in: directory.path) }.code == "checkpoint/manifest",
        "\(text)")
    }
  }
}
