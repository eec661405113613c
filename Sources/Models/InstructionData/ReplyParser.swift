// Takes a teacher's reply apart: blocks of questions and answers between lines of ===.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// Why a reply is not what was asked for. The texts are those of the reference's corner cases.
public enum ReplyFault: Error, Equatable, Sendable {
  /// The block, from 1, does not begin with the header.
  case lacksHeader(block: Int, header: String)
  case isEmpty(block: Int)
  case questionWithoutAnswer(block: Int)
  /// Another number of questions than the kind has.
  case count(found: Int)
  /// Blocks where plain text was asked for.
  case hasBlocks

  public var text: String {
    switch self {
    case .lacksHeader(let block, let header): "block \(block) lacks \(header)"
    case .isEmpty(let block): "block \(block) is empty"
    case .questionWithoutAnswer: "question without answer"
    case .count(let found): "expected one question and one answer, found \(found) of each"
    case .hasBlocks: "expected plain text, found blocks of questions and answers"
    }
  }

  /// The same for a user, with its code, under which such replies are counted.
  public var failure: Failure {
    let (code, message) =
      switch self {
      case .lacksHeader: ("reply/header", text)
      case .isEmpty: ("reply/empty", text)
      case .questionWithoutAnswer(let block): ("reply/no-answer", "block \(block): \(text)")
      case .count: ("reply/count", text)
      case .hasBlocks: ("reply/blocks", text)
      }
    return Failure(.invalidInput, code: code, message)
  }
}

/// The parser of replies, by the rules of LLaVA's prompts: blocks are parted by lines that are `===`
/// and nothing else; they begin with `Question:` and `Answer:` by turns, in these letters. CRLF
/// counts as a line's end, and white space at both ends of a block's text does not count. A line of
/// === behind the last block may be there.
public enum ReplyParser {
  private static let separator = "==="
  private static let question = "Question:"
  private static let answer = "Answer:"

  /// The questions and answers in `reply`; at least one pair.
  ///
  /// `isCut`: the reply was cut at its end, so that only what a line of === has closed is taken.
  public static func turns(_ reply: String, isCut: Bool = false) throws(ReplyFault)
    -> [QuestionAnswer]
  {
    var blocks = blocks(reply)
    let last = blocks.count - 1
    if isCut || (last > 0 && strippingWhitespace(blocks[last]).isEmpty) { blocks.removeLast() }
    if isCut, blocks.count % 2 == 1 { blocks.removeLast() }
    var texts: [String] = []
    for (index, block) in blocks.enumerated() {
      texts.append(try body(block, number: index + 1, index % 2 == 0 ? question : answer))
    }
    guard !texts.isEmpty else { throw .lacksHeader(block: 1, header: question) }
    guard texts.count % 2 == 0 else { throw .questionWithoutAnswer(block: texts.count) }
    return stride(from: 0, to: texts.count, by: 2).map {
      QuestionAnswer(question: texts[$0], answer: texts[$0 + 1])
    }
  }

  /// The one question and its answer.
  public static func onlyTurn(_ reply: String, isCut: Bool = false) throws(ReplyFault)
    -> QuestionAnswer
  {
    let turns = try turns(reply, isCut: isCut)
    guard turns.count == 1 else { throw .count(found: turns.count) }
    return turns[0]
  }

  /// The one question of a reply without an answer.
  public static func onlyQuestion(_ reply: String) throws(ReplyFault) -> String {
    var blocks = blocks(reply)
    if blocks.count > 1, strippingWhitespace(blocks[blocks.count - 1]).isEmpty {
      blocks.removeLast()
    }
    guard blocks.count == 1 else { throw .hasBlocks }
    return try body(blocks[0], number: 1, question)
  }

  /// A reply of plain text.
  public static func plainText(_ reply: String) throws(ReplyFault) -> String {
    let blocks = blocks(reply)
    let text = strippingWhitespace(blocks[0])
    guard blocks.count == 1, !begins(text, question), !begins(text, answer) else {
      throw .hasBlocks
    }
    guard !text.isEmpty else { throw .isEmpty(block: 1) }
    return text
  }

  private static func body(_ block: String, number: Int, _ header: String) throws(ReplyFault)
    -> String
  {
    let block = strippingWhitespace(block)
    guard begins(block, header) else { throw .lacksHeader(block: number, header: header) }
    let text = strippingWhitespace(
      String(decoding: block.utf8.dropFirst(header.utf8.count), as: UTF8.self))
    guard !text.isEmpty else { throw .isEmpty(block: number) }
    return text
  }

  private static func begins(_ text: String, _ header: String) -> Bool {
    text.utf8.starts(with: header.utf8)
  }

  /// At least one; line ends are newlines.
  private static func blocks(_ reply: String) -> [String] {
    var blocks: [[UInt8]] = [[]]
    for line in reply.utf8.split(separator: 0x0A, omittingEmptySubsequences: false) {
      let line = line.last == 0x0D ? line.dropLast() : line
      if line.elementsEqual(separator.utf8) {
        blocks.append([])
      } else {
        blocks[blocks.count - 1] += line
        blocks[blocks.count - 1].append(0x0A)
      }
    }
    return blocks.map { String(decoding: $0, as: UTF8.self) }
  }
}
