// The opening of requests: read from files, and the same bytes as the library's requests.
// SPDX-License-Identifier: Apache-2.0
import Chat
import Foundation
import InputOutput
import InstructionData
import JSON
import TestSupport
import Testing

@Suite struct PromptSetTests {
  private func directory(_ files: [String: String]) throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory()
    for (name, text) in files { try directory.write(text, to: name) }
    return directory
  }

  @Test func theReferencesLayoutIsReadByteForByte() throws {
    let directory = try directory([
      "system_message.txt": "You \"see\"\n\n\u{1}é\r\n ", "001_caps.txt": "c1\n",
      "001_conv.txt": "a1",
      "000_caps.txt": "c0\nx\n\ncat: [0.0, 0.0, 1.0, 1.0]",
      "000_conv.txt": "Question:\nq\n===\nAnswer:\na\n",
      "10_caps.txt": "c10", "10_conv.txt": "a10", "2_caps.txt": "c2", "2_conv.txt": "a2",
      "notes.txt": "none", "x_caps.txt": "none", "_conv.txt": "none",
    ])
    let prompts = try PromptSet(directory: directory.path)
    let expected = [
      ChatMessage(.system, "You \"see\"\n\n\u{1}é\r\n "),
      ChatMessage(.user, "c0\nx\n\ncat: [0.0, 0.0, 1.0, 1.0]"),
      ChatMessage(.assistant, "Question:\nq\n===\nAnswer:\na\n"), ChatMessage(.user, "c1\n"),
      ChatMessage(.assistant, "a1"), ChatMessage(.user, "c2"), ChatMessage(.assistant, "a2"),
      ChatMessage(.user, "c10"), ChatMessage(.assistant, "a10"), ChatMessage(.user, "A\nB"),
    ]
    #expect(prompts.messages("A\nB") == expected)
    for record in [JSONObject(), ["id": .string("a\"b"), "messages": .null, "n": .int(1)]] {
      var bare = record
      bare["messages"] = nil
      let made = JSONValue.object(ChatRequest.make(bare, prompts.messages("\"x\\\n"))).serialized()
      #expect(prompts.request(record, "\"x\\\n") == made)
    }
  }

  @Test(arguments: [
    (["000_caps.txt": "a", "000_conv.txt": "b"], "prompts/none"),
    (["system_message.txt": "s", "000_caps.txt": "a"], "prompts/pair"),
    (["system_message.txt": "s", "000_conv.txt": "a"], "prompts/pair"),
    (["system_message.txt": "s", "00_caps.txt": "a", "000_conv.txt": "a"], "prompts/pair"),
  ])
  func incompletePromptsAreRefused(files: [String: String], code: String) throws {
    let directory = try directory(files)
    let failure = #expect(throws: Failure.self) { try PromptSet(directory: directory.path) }
    #expect(failure?.code == code && failure?.place == directory.path)
  }

  @Test func whatIsNoTextIsRefused() throws {
    let directory = try TemporaryDirectory()
    try directory.write([0xFF], to: "system_message.txt")
    #expect(throws: Failure.self) { try PromptSet(directory: directory.path) }
    #expect(throws: Failure.self) { try PromptSet(directory: directory.file("none")) }
  }
}

/// The files that come with the tools.
@Suite struct OurPromptsTests {
  private static let prompts = "\(packageRoot)/examples/prompts"

  private func examples(_ kind: InstructionKind) throws -> [(question: String, answer: String)] {
    let opening = try PromptSet(directory: "\(Self.prompts)/\(kind.rawValue)").opening
    #expect(opening.first?.role == .system && opening.count % 2 == 1)
    for message in opening { #expect(!message.content.hasSuffix("\n")) }
    return stride(from: 1, to: opening.count, by: 2).map {
      (opening[$0].content, opening[$0 + 1].content)
    }
  }

  @Test(arguments: InstructionKind.allCases)
  func examplesAreWhatTheParserTakes(_ kind: InstructionKind) throws {
    let examples = try examples(kind)
    #expect((2...3).contains(examples.count))
    let leaks = LeakFilter(try PhraseList(path: "\(Self.prompts)/leaks.txt"))
    for example in examples {
      switch kind {
      case .conversation: #expect(try ReplyParser.turns(example.answer).count >= 4)
      case .complex: _ = try ReplyParser.onlyTurn(example.answer)
      case .brief: _ = try ReplyParser.onlyQuestion(example.answer)
      case .detail: #expect(try ReplyParser.plainText(example.answer) == example.answer)
      }
      #expect(leaks.leak(in: example.answer) == nil)
      #expect(!holdsImageToken(example.answer))
      #expect(example.answer.firstMatch(of: #/[01]\.\d/#) == nil, "numbers of boxes")
    }
  }

  /// The context of each is one that `ImageContext` would write.
  @Test(arguments: [InstructionKind.conversation, .detail, .complex])
  func examplesAskAsRequestsDo(_ kind: InstructionKind) throws {
    for example in try examples(kind) {
      let parts = example.question.split(separator: "\n\n").map {
        $0.split(separator: "\n").map(String.init)
      }
      #expect(parts.count == (kind.showsBoxes ? 2 : 1) && parts[0].count == 5)
      let boxes = try (parts.count == 2 ? parts[1] : []).map { line in
        let match = try #require(line.wholeMatch(of: #/([a-z ]+): \[([0-9., ]+)\]/#))
        let numbers = match.2.split(separator: ", ").compactMap { Double($0) }
        return try ImageBox(
          category: String(match.1), numbers: numbers, form: .fractions, width: nil, height: nil)
      }
      let context = try ImageContext(captions: parts[0], boxes: boxes)
      #expect(context.text(for: kind) == example.question)
      #expect(!kind.showsBoxes || boxes.count >= 4)
    }
  }

  @Test func listsAreAsLongAsThePapers() throws {
    let brief = try PhraseList(path: "\(Self.prompts)/brief_instructions.txt").phrases
    let detail = try PhraseList(path: "\(Self.prompts)/detail_instructions.txt").phrases
    #expect(brief.count == 11 && detail.count == 16)
    #expect(Set(brief + detail).count == 27)
  }
}
