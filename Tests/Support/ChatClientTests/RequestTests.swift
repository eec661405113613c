// What is sent for a record, what its images become, and how keys are read.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
import InputOutput
import JSON
import Records
import TestSupport
import Testing

@testable import ChatClient

private func record(_ text: String) throws -> Record {
  Record(try #require(JSONValue(parsing: Array(text.utf8)).object), number: 1)
}

private func body(
  _ text: String, defaults: JSONObject = [:], images: RequestImages? = nil
) throws -> String {
  let maker = RequestMaker(model: "m", defaults: defaults, images: images)
  return String(decoding: try maker.request(for: record(text)).body, as: UTF8.self)
}

struct RequestTests {
  @Test func messagesAndParametersAreSentAndNothingElse() throws {
    let sent = try body(
      #"""
      {"id":"secret name","messages":[{"role":"user","content":[{"type":"text","text":"é"}],"x":1}],
      "image":"a.jpg","seed":7,"temperature":0.50,"n":3,"model":"other","stream":true}
      """#)
    #expect(
      sent == #"""
        {"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"é"}],"x":1}],"temperature":0.50,"seed":7}
        """#)
  }

  @Test func defaultsFillWhatARecordLacks() throws {
    let messages = #""messages":[{"role":"user","content":"q"}]"#
    let defaults: JSONObject = ["temperature": .int(0), "max_tokens": .int(9), "top_k": .int(5)]
    let own = try body("{\(messages),\"temperature\":1}", defaults: defaults)
    #expect(own == "{\"model\":\"m\",\(messages),\"temperature\":1,\"max_tokens\":9,\"top_k\":5}")
    // Another name of the same thing.
    let newer = try body("{\(messages),\"max_completion_tokens\":3}", defaults: defaults)
    #expect(!newer.contains("max_tokens") && newer.contains("\"max_completion_tokens\":3"))
  }

  @Test(arguments: [
    "{}", #"{"messages":[]}"#, #"{"messages":"hi"}"#, #"{"messages":["hi"]}"#,
    #"{"messages":[{"content":"x"}]}"#, #"{"messages":[{"role":"user"}]}"#,
  ])
  func otherMessagesAreTheRecordsFault(text: String) {
    let failure = #expect(throws: Failure.self) { try body(text) }
    #expect(failure?.code == "chat/messages" && failure?.spoilsRecordOnly == true)
  }

  @Test func estimatesFollowTextAndBounds() throws {
    let maker = RequestMaker(model: "m", defaults: ["max_tokens": .int(50)], images: nil)
    let text = String(repeating: "a", count: 4000)
    let long = try maker.request(
      for: record(#"{"messages":[{"role":"user","content":"\#(text)"}]}"#))
    #expect((1000...1020).contains(long.estimate.prompt) && long.estimate.completion == 50)
    let own = try maker.request(
      for: record(#"{"messages":[{"role":"user","content":""}],"max_tokens":7}"#))
    #expect(own.estimate.completion == 7)
    let endless = try maker.request(
      for: record(#"{"messages":[{"role":"user","content":""}],"max_tokens":9223372036854775807}"#))
    #expect(endless.estimate.completion == mostTokens)
  }

  @Test func imagesGoBeforeTheUsersFirstWords() throws {
    let directory = try TemporaryDirectory()
    let png: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1]
    try directory.write(png, to: "a.png")
    let images = RequestImages(root: try FileRoot(path: directory.path), limit: 100)
    let messages = #"[{"role":"system","content":"s"},{"role":"user","content":"q"}]"#
    let sent = try body("{\"messages\":\(messages),\"image\":\"a.png\"}", images: images)
    let url = "data:image/png;base64," + Data(png).base64EncodedString()
    #expect(
      sent.contains(
        #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"\#(url)"}},"#
          + #"{"type":"text","text":"q"}]}"#))
    #expect(try body("{\"messages\":\(messages),\"image\":\"a.png\"}").contains("base64") == false)
    #expect(try body("{\"messages\":\(messages)}", images: images).contains("image") == false)
    let none = #expect(throws: Failure.self) {
      try body(#"{"messages":[{"role":"system","content":"s"}],"image":"a.png"}"#, images: images)
    }
    #expect(none?.code == "chat/messages")
  }

  @Test(arguments: [
    ("../a.png", "path/outside-root"), ("/etc/passwd", "path/outside-root"),
    ("none.png", "path/missing"), ("text.png", "image/unsupported"),
    ("large.png", "file/too-large"), (".", "file/not-regular"),
  ])
  func imagesOutsideOrOfOtherKindsSpoilTheirRecord(path: String, code: String) throws {
    let directory = try TemporaryDirectory()
    try directory.write("not an image", to: "text.png")
    try directory.write([UInt8](repeating: 0, count: 200), to: "large.png")
    let images = RequestImages(root: try FileRoot(path: directory.path), limit: 100)
    let failure = #expect(throws: Failure.self) {
      try body(
        #"{"messages":[{"role":"user","content":"q"}],"image":"\#(path)"}"#, images: images)
    }
    #expect(failure?.code == code && failure?.spoilsRecordOnly == true)
  }

  /// Images in archives are found by the path that leads into them, as everywhere.
  @Test func imagesInArchivesAreSent() throws {
    let directory = try TemporaryDirectory()
    let png: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1]
    try directory.write(png, to: "a.png")
    let made = try Shell.bash("tar -cf x.tar a.png; gzip -k x.tar; rm a.png", in: directory)
    try #require(made.status == 0, "\(made.errors)")
    for (root, place) in [
      (try FileRoot(path: directory.path), "x.tar/"), (nil, directory.file("x.tar/")),
    ] {
      let images = RequestImages(root: root, limit: 100)
      func sent(_ image: String) throws -> String {
        try body(
          #"{"messages":[{"role":"user","content":"q"}],"image":"\#(image)"}"#, images: images)
      }
      let url = "data:image/png;base64," + Data(png).base64EncodedString()
      #expect(try sent(place + "a.png").contains(url))
      for (path, code) in [
        (place + "b.png", "path/missing"), ("https://a.b/c.png", "path/url"),
        (place.dropLast() + ".gz/a.png", "tar/compressed"),
      ] {
        #expect(#expect(throws: Failure.self) { try sent(String(path)) }?.code == code)
      }
    }
  }

  @Test func imagesInRecordsGoAsTheyAre() throws {
    let images = RequestImages(root: nil, limit: 20)
    func sent(_ image: String) throws -> String {
      try body(
        #"{"messages":[{"role":"user","content":"q"}],"image":"\#(image)"}"#, images: images)
    }
    // The type is what the bytes say.
    let jpeg = try sent("data:image/png;base64,/9j/AA==")
    #expect(jpeg.contains(#""url":"data:image/jpeg;base64,/9j/AA==""#))
    for (image, code) in [
      ("data:;base64,YWJj", "image/unsupported"), ("data:,a", "image/data-url"),
      ("data:;base64," + String(repeating: "A", count: 40), "file/too-large"),
    ] {
      #expect(#expect(throws: Failure.self) { try sent(image) }?.code == code)
    }
  }

  @Test func keysAreReadAndNotShown() throws {
    let directory = try TemporaryDirectory()
    let secret = try Secret(file: directory.write("  sk-abcdefgh\n", to: "key"))
    #expect(secret.header == "Authorization: Bearer sk-abcdefgh" && "\(secret)" == "[key]")
    #expect(secret.redacted("ask-abcdefghsk-abcdefgh") == "a[key][key]")
    // Where it keeps nothing secret, nothing is replaced.
    #expect(try Secret("EMPTY", from: "x").redacted("EMPTY glass") == "EMPTY glass")
    for text in ["", " \n", "a b", "a\nb", "a\r\nX-Other: 1", "ké", "a\u{0}b"] {
      let failure = #expect(throws: Failure.self) { try Secret(text, from: "KEY") }
      #expect(failure?.code == "usage/key" && failure?.place == "KEY")
    }
    #expect(try Secret(environment: "LLAVA_NO_SUCH_VARIABLE") == nil)
  }

  @Test(arguments: [
    ("http://10.0.0.1/v1", false), ("http://localhost/v1", true), ("https://a.example/v1", true),
    ("http://127.0.0.1.example/v1", false), ("http://[::1]/v1", true),
  ])
  func aKeyIsNotSentInClear(address: String, isSafe: Bool) throws {
    let secret = try Secret("sk-abcdefgh", from: "x")
    let own = try HTTPAddress(address, ending: ReplyJudge.path)
    let failure = thrown { try secret.checkIsSafe(on: own, unixSocket: nil) }
    #expect((failure == nil) == isSafe)
    try secret.checkIsSafe(on: own, unixSocket: "/run/s")
  }
}

/// What `body` throws, or nil.
private func thrown(_ body: () throws -> Void) -> (any Error)? {
  do { try body() } catch { return error }
  return nil
}
