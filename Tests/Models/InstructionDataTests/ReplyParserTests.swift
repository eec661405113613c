// Replies: which are taken, which are not, and what is kept of those that were cut.
// SPDX-License-Identifier: Apache-2.0
import InstructionData
import Testing

@Suite struct ReplyParserTests {
  private let pair = "Question:\nQ1\n===\nAnswer:\nA1"

  private func turns(_ text: String, isCut: Bool = false) -> Result<[QuestionAnswer], ReplyFault> {
    Result { () throws(ReplyFault) in try ReplyParser.turns(text, isCut: isCut) }
  }

  @Test(arguments: [
    ("Question:\nQ1\n===\nAnswer:\nA1\n===\n", [("Q1", "A1")]),
    ("\n\n Question: Q1\n\n===\n\nAnswer: A1\n\n1. x\n2. y\n", [("Q1", "A1\n\n1. x\n2. y")]),
    (
      "Question:\nQ1\n===\nAnswer:\nA ==== b\n====\n ===\n=== x",
      [("Q1", "A ==== b\n====\n ===\n=== x")]
    ),
    (
      "Question:\r\nQ1\r\nmore\r\n===\r\nAnswer:\r\nA1\r\n===\r\nQuestion:\r\nQ2\r\n===\r\nAnswer:\r\nA2",
      [("Q1\nmore", "A1"), ("Q2", "A2")]
    ),
    // A mark after the header does not hide it, as a comparison by characters would.
    ("Question:\u{301}\n===\nAnswer:\nx", [("\u{301}", "x")]),
  ])
  func repliesAreTaken(text: String, expected: [(String, String)]) throws {
    let found = try turns(text).get()
    #expect(found == expected.map { QuestionAnswer(question: $0.0, answer: $0.1) })
  }

  @Test(arguments: [
    ("", "block 1 lacks Question:"), ("===", "block 1 lacks Question:"),
    ("Answer:\nA\n===\nQuestion:\nQ", "block 1 lacks Question:"),
    ("question:\nQ\n===\nanswer:\nA", "block 1 lacks Question:"),
    ("# Question:\nQ\n===\nAnswer:\nA", "block 1 lacks Question:"),
    ("Question:\nQ\nAnswer:\nA", "question without answer"),
    ("Question:\nQ\n=== \nAnswer:\nA", "question without answer"),
    ("Question:\nQ\n===\nThe answer is A", "block 2 lacks Answer:"),
    ("Question:\nQ\n===\n===\nAnswer:\nA", "block 2 lacks Answer:"),
    ("Question:\nQ\n===\nAnswer:\n \n", "block 2 is empty"),
    ("Question:\nQ\n===\nAnswer:\nA\n===\nAnswer:\nB", "block 3 lacks Question:"),
    ("Question:\nQ\n===\nAnswer:\nA\n===\nI hope this helps!", "block 3 lacks Question:"),
    ("Question:\nQ\n===\nAnswer:\nA\n===\nQuestion:\n", "block 3 is empty"),
  ])
  func theFaultyBlockIsNamed(text: String, says: String) {
    guard case .failure(let fault) = turns(text) else {
      Issue.record("taken: \(text)")
      return
    }
    #expect(fault.text == says && fault.failure.message.contains(says))
    #expect(fault.failure.code.hasPrefix("reply/"))
  }

  @Test func whatWasClosedBeforeTheCutIsKept() throws {
    let whole = pair + "\n===\n"
    for tail in [
      "", "Quest", "Question:\nQ2", "Question:\nQ2\n===", "Question:\nQ2\n===\nAnswer:\nA2",
    ] {
      #expect(try turns(whole + tail, isCut: true).get().count == 1, "\(tail)")
    }
    let two = whole + "Question:\nQ2\n===\nAnswer:\nA2\n===\nQuestion:\nQ3\n===\nAns"
    #expect(try turns(two, isCut: true).get().count == 2)
    for text in ["", "Question:\nQ1", "Question:\nQ1\n===\nAnswer:\nA1"] {
      #expect(throws: ReplyFault.self) { try turns(text, isCut: true).get() }
    }
    #expect(throws: ReplyFault.lacksHeader(block: 1, header: "Question:")) {
      try turns("Hi!\n===\n" + two, isCut: true).get()
    }
  }

  @Test func complexIsOnePair() throws {
    #expect(try ReplyParser.onlyTurn(pair) == QuestionAnswer(question: "Q1", answer: "A1"))
    #expect(throws: ReplyFault.count(found: 2)) {
      try ReplyParser.onlyTurn(pair + "\n===\n" + pair)
    }
  }

  @Test func detailIsPlainText() throws {
    #expect(try ReplyParser.plainText(" A man.\r\n\r\nA hat.\n") == "A man.\n\nA hat.")
    #expect(throws: ReplyFault.isEmpty(block: 1)) { try ReplyParser.plainText(" \n") }
    for text in [pair, "Answer:\nA man.", "A man\n===\nA hat"] {
      #expect(throws: ReplyFault.hasBlocks) { try ReplyParser.plainText(text) }
    }
  }

  @Test func briefIsOneQuestion() throws {
    #expect(try ReplyParser.onlyQuestion("Question:\nWhat?\n===\n") == "What?")
    #expect(throws: ReplyFault.hasBlocks) { try ReplyParser.onlyQuestion(pair) }
    #expect(throws: ReplyFault.lacksHeader(block: 1, header: "Question:")) {
      try ReplyParser.onlyQuestion("What?")
    }
  }
}
