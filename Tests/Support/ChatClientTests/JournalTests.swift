// The journal: what was answered is given once, what was torn is cut off, what is none is left alone.
// SPDX-License-Identifier: Apache-2.0
import Chat
import HTTP
import InputOutput
import JSON
import TestSupport
import Testing

@testable import ChatClient

private let estimate = TokenEstimate(prompt: 3, completion: nil)

private func reply(_ text: String) -> ChatReply {
  ChatReply(
    text: text, finishReason: "stop",
    usage: ["prompt_tokens": .int(10), "completion_tokens": .int(5)])
}

struct JournalTests {
  /// A journal with an answer "a" to x, "b" to y and "c" to x again.
  private func make(in directory: TemporaryDirectory) throws -> String {
    let path = directory.file("j")
    let journal = try Journal(path: path)
    for (digest, text) in [("x", "a"), ("y", "b"), ("x", "c\n\u{2028}\"")] {
      try journal.add(reply(text), digest: digest, estimate: estimate)
    }
    try journal.finish()
    return path
  }

  @Test func answersAreGivenOnceAndInTheirOrder() throws {
    let directory = try TemporaryDirectory()
    let journal = try Journal(path: make(in: directory))
    #expect(journal.count == 3 && journal.tornBytes == 0)
    #expect(journal.spending.promptTokens == 30 && journal.spending.completionTokens == 15)
    #expect(try journal.take("z") == nil)
    #expect(try journal.take("x") == reply("a"))
    #expect(try journal.take("x") == reply("c\n\u{2028}\""))
    #expect(try journal.take("x") == nil)
    #expect(try journal.take("y") == reply("b"))
    // For its owner alone.
    #expect(try Shell.bash("stat -c %a j", in: directory).text == "600\n")
  }

  /// A run that is killed leaves any beginning of its file.
  @Test func everyCutIsNoticedAndLosesTheLastLineAlone() throws {
    let directory = try TemporaryDirectory()
    _ = try make(in: directory)
    let bytes = try directory.read("j")
    let ends = bytes.indices.filter { bytes[$0] == 0x0A }
    for count in 0...bytes.count {
      let path = try directory.write(Array(bytes[..<count]), to: "cut")
      let whole = max(0, ends.count { $0 < count } - 1)
      let journal = try Journal(path: path)
      #expect(journal.count == whole, "\(count)")
      let end = ends.last { $0 < count }.map { $0 + 1 } ?? 0
      #expect(journal.tornBytes == count - end, "\(count)")
      try journal.add(reply("new"), digest: "new", estimate: estimate)
      let next = try Journal(path: directory.write(directory.read("cut"), to: "next"))
      #expect(next.count == whole + 1 && next.tornBytes == 0)
      #expect(try next.take("new") == reply("new"))
    }
  }

  @Test(arguments: ["{\"a\":1}\n", "x", "{\"journal\":\"chat-complete\",\"version\":2}\n", "\n"])
  func anotherFileIsLeftAsItIs(text: String) throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write(text, to: "j")
    let failure = #expect(throws: Failure.self) { try Journal(path: path) }
    #expect(failure?.code == "journal/other")
    #expect(try directory.read("j") == Array(text.utf8))
  }

  @Test func aDamagedLineIsNamed() throws {
    let directory = try TemporaryDirectory()
    let path = try make(in: directory)
    let result = try Shell.bash("sed -i '3s/reply/rebly/' j && cp j before", in: directory)
    try #require(result.status == 0)
    let failure = #expect(throws: Failure.self) { try Journal(path: path) }
    #expect(failure?.code == "journal/damaged" && failure?.place?.hasSuffix("line 3") == true)
    #expect(try directory.read("j") == directory.read("before"))
  }

  @Test func twoRunsDoNotShareIt() throws {
    let directory = try TemporaryDirectory()
    let path = try make(in: directory)
    let first = try Journal(path: path)
    let failure = #expect(throws: Failure.self) { try Journal(path: path) }
    #expect(failure?.code == "usage/locked")
    #expect(first.isSameFile(as: path) && !first.isSameFile(as: directory.file("other")))
  }

  @Test func anotherRequestHasAnotherDigest() throws {
    let address = try HTTPAddress("http://localhost/v1", ending: "/c")
    let other = try HTTPAddress("http://localhost/v2", ending: "/c")
    let digests = [
      requestDigest([1, 2], to: address), requestDigest([1, 3], to: address),
      requestDigest([1, 2], to: other), requestDigest([1], to: address),
    ]
    #expect(Set(digests).count == 4 && digests.allSatisfy { $0.count == 64 })
    #expect(requestDigest([1, 2], to: address) == digests[0])
  }

  @Test func whatServersCountIsBelievedWithinReason() throws {
    var spending = Spending()
    func add(_ usage: JSONObject?) -> Int {
      spending.add(
        ChatReply(text: "12345678", finishReason: nil, usage: usage), to: estimate)
    }
    #expect(add(["prompt_tokens": .int(7), "completion_tokens": .int(9)]) == 16)
    // It counted 7 where 3 were estimated: so it will again.
    #expect(add(nil) == 9 && add(["prompt_tokens": .int(-1)]) == 9)
    #expect(add(["prompt_tokens": .int(.max), "completion_tokens": .int(.max)]) == 9)
    #expect(spending.estimatedReplies == 3 && spending.tokens == 43)
  }

  @Test(arguments: ["", "1", "1/", "/1", "a/b", "1/2/3", "-1/2", "nan/1", "inf/1"])
  func otherPricesAreRefused(text: String) { #expect(Price(text) == nil) }

  @Test func moneyIsShown() {
    #expect(shownMoney(0) == "0.0000" && shownMoney(12.3456789) == "12.3457")
    #expect(shownMoney(0.000021) == "0.000021")
  }
}
