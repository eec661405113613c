// A caption, and what is made of its text before anyone sees it.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// A question about a picture, and the answer.
public struct Caption: Equatable, Sendable {
  public let picture: FilePath
  public let question: String
  public let text: String
  /// `stop`, or `length` for one that was cut at its longest.
  public let finishReason: String

  public init(picture: FilePath, question: String, text: String, finishReason: String) {
    self.picture = picture
    self.question = question
    self.text = text
    self.finishReason = finishReason
  }
}

/// The prefix and suffix of answers, and the texts that they must or must not contain.
public struct CaptionRules: Equatable, Sendable {
  public var prefix = ""
  public var suffix = ""
  public var required: [String] = []
  public var forbidden: [String] = []

  public init() {}

  /// The answer without white space at its ends, between prefix and suffix.
  public func text(of answer: String) -> String { prefix + strippingWhitespace(answer) + suffix }

  /// What the answer has or lacks against the rules, capitals or not; nil where it keeps them.
  public func complaint(about answer: String) -> String? {
    let lowered = answer.lowercased()
    func has(_ words: String) -> Bool { lowered.utf8Contains(words.lowercased()) }
    if let words = required.first(where: { !has($0) }) { return "lacks \"\(words)\"" }
    if let words = forbidden.first(where: has) { return "has \"\(words)\"" }
    return nil
  }

}

extension String {
  /// Whether `words` stand in the text, byte by byte.
  fileprivate func utf8Contains(_ words: String) -> Bool {
    let (text, wanted) = (Array(utf8), Array(words.utf8))
    guard wanted.count <= text.count else { return false }
    return (0...text.count - wanted.count).contains { text[$0...].starts(with: wanted) }
  }

  /// The text in one line: each run of line breaks a space.
  public var inOneLine: String {
    let lines = utf8.split { $0 == 0x0A || $0 == 0x0D }
    return String(decoding: Array(lines.joined(separator: [0x20])), as: UTF8.self)
  }

  /// The text as a cell of a table between tabs: `\t`, `\n`, `\r` and `\\` for what would end it.
  public var asTableCell: String {
    var cell: [UInt8] = []
    for byte in utf8 {
      switch byte {
      case 0x09: cell += Array(#"\t"#.utf8)
      case 0x0A: cell += Array(#"\n"#.utf8)
      case 0x0D: cell += Array(#"\r"#.utf8)
      case 0x5C: cell += Array(#"\\"#.utf8)
      default: cell.append(byte)
      }
    }
    return String(decoding: cell, as: UTF8.self)
  }
}
