// Images inside records: which texts are any, what they hold, what stands for them.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Testing

@testable import Records

struct DataURLTests {
  /// SHA-256 of the three bytes `abc`.
  private static let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

  @Test(arguments: [
    "data:image/png;base64,YWJj", "DATA:image/png;base64,YWJj", "data:;base64,YWJj",
    "data:image/png;name=a;Base64,YWJj",
  ])
  func holdsBytes(text: String) throws {
    let url = try #require(DataURL(text))
    var announced = 0
    #expect(try url.bytes(limit: 3) { announced = $0 } == Array("abc".utf8))
    #expect(announced == 3)
    let type = text.utf8.count > 20 ? "image/png" : ""
    #expect(url.standIn == "data:\(type);sha256=\(Self.digest)")
    let again = try #require(DataURL(url.standIn))
    #expect(again.standIn == url.standIn)
    #expect(#expect(throws: Failure.self) { try again.bytes(limit: 9) }?.code == "path/url")
  }

  @Test(arguments: [
    ("data:image/png,%89PNG", "%-escapes"), ("data:,", "%-escapes"),
    ("data:image/png;base64;x,YWJj", "%-escapes"), ("data:;base64,YWJ", "cut end"),
    ("data:;base64,YW Jj", "something else"), ("data:;base64,YWJj%0A", "something else"),
    ("data:;base64,YWJj,YWJj", "something else"),
    ("data:" + String(repeating: "x", count: 5000) + ",", "no comma"),
    ("data:" + String(repeating: "x", count: 5000), "no comma"),
  ])
  func otherURLsAreRefused(text: String, found: String) throws {
    let url = try #require(DataURL(text))
    let failure = #expect(throws: Failure.self) { try url.bytes(limit: 1 << 20) }
    #expect(failure?.code == "image/data-url" && failure?.message.contains(found) == true)
    #expect((failure?.message.utf8.count ?? 0) < 200)
    #expect(url.standIn.utf8.count < 160 && DataURL(url.standIn) != nil)
  }

  @Test func limitsAreKeptBeforeMemoryIsTaken() throws {
    let url = try #require(DataURL("data:;base64,YWJjYWJj"))
    let failure = #expect(throws: Failure.self) {
      try url.bytes(limit: 3) { _ in Issue.record("announced") }
    }
    #expect(failure?.code == "file/too-large")
  }

  @Test(arguments: ["data:", "data:a.jpg", "data/a,b.jpg", "./data:a,b", "mydata:,", "data", ""])
  func otherTextsArePaths(text: String) { #expect(DataURL(text) == nil) }

  @Test func namesNoRecord() throws {
    let object: JSONObject = ["image": .string("data:;base64,YWJj")]
    #expect(Record(object, number: 4).id == "line-4")
    #expect(Record(object, number: 4).identified["id"] == .string("line-4"))
    #expect(Record.firstImagePath(of: object) == nil)
    #expect(Record(Record.withoutInlineImages(object), number: 4).id == "line-4")
  }

  /// The member that `--image-key` copied is shortened as well, and no text that only looks alike.
  @Test func recordsKeepStandIns() throws {
    let (url, other) = ("data:image/png;base64,YWJj", "data: a, b;base64,YWJj")
    let object: JSONObject = [
      "photo": .string(url), "text": .string(other),
      "images": .array([.string("a.jpg"), .string(url)]), "n": .int(1),
    ]
    let standIn = JSONValue.string("data:image/png;sha256=\(Self.digest)")
    let wanted: JSONObject = [
      "photo": standIn, "text": .string(other), "images": .array([.string("a.jpg"), standIn]),
      "n": .int(1),
    ]
    #expect(Record.withoutInlineImages(object) == wanted)
    let plain: JSONObject = ["image": .string("a.jpg")]
    #expect(Record.withoutInlineImages(plain) == plain)
  }

  @Test func isNoticedUnderAnotherName() throws {
    let object: JSONObject = ["photo": .string("data:image/png;base64,YWJj")]
    #expect(Record(object, number: 1).unnamedImage == "photo")
  }

  /// What was decoded is not decoded once more, also where it is asked for again; what was not asked for
  /// since twice is forgotten.
  @Test func standInsAreRemembered() throws {
    let text = "data:image/png;base64,YWJj"
    let url = try #require(DataURL(text))
    let standIns = StandIns()
    // Other bytes than those in the URL tell that it is not decoded.
    standIns.add(url, of: [1, 2])
    #expect(
      standIns.text(of: url) == url.standIn(of: [1, 2]) && url.standIn != url.standIn(of: [1, 2]))
    let object = Record.withoutInlineImages(["image": .string(text)], standIns)
    #expect(object["image"]?.string == url.standIn(of: [1, 2]))
    for _ in 0..<3 {
      standIns.forgetOld()
      #expect(standIns.text(of: url) == url.standIn(of: [1, 2]))
    }
    standIns.forgetOld()
    standIns.forgetOld()
    #expect(standIns.text(of: url) == url.standIn)
  }
}
