// Finds the letter that an answer's text names, as the reference's evaluation does.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// The rule by which the letter of an answer is found.
public enum AnswerRule: Sendable {
  /// The reference's since 11 October 2023: a bare letter, a letter with a full stop and a space in
  /// front, else the sentence.
  case current
  /// Before that: the sentence alone.
  case sentenceOnly
}

/// The result of parsing an answer.
public enum ParsedAnswer: Equatable, Sendable {
  /// No letter could be found.
  case failed
  /// A letter, which may be beyond the choices.
  case letter(String)

  /// Finds the letter of `text`.
  ///
  /// `llava/eval/eval_science_qa.py`: the sentence is `The answer is X.`, where X is any capital
  /// letter and the full stop any character but a line's end; it must be there once.
  public init(_ text: String, rule: AnswerRule = .current) {
    if rule == .current, let letter = Self.leadingLetter(text) {
      self = .letter(letter)
      return
    }
    let found = Self.sentences(text)
    self = found.count == 1 ? .letter(found[0]) : .failed
  }

  /// `FAILED`, or the letter.
  public var text: String {
    switch self {
    case .failed: "FAILED"
    case .letter(let letter): letter
    }
  }

  /// The number of the choice from 0; nil where it is none of `choices`.
  public func index(choices: Int) -> Int? {
    guard case .letter(let letter) = self else { return nil }
    return letters.prefix(choices).firstIndex(of: letter)
  }

  private static func leadingLetter(_ text: String) -> String? {
    letters.first { text.utf8.elementsEqual($0.utf8) || begins(text, with: "\($0). ") }
  }

  private static let sentence = Array("The answer is ".utf8)

  private static func sentences(_ text: String) -> [String] {
    let bytes = Array(text.utf8)
    var found: [String] = []
    var position = 0
    while position + sentence.count + 1 < bytes.count {
      let end = position + sentence.count
      let (letter, next) = (bytes[end], bytes[end + 1])
      guard bytes[position] == sentence[0], bytes[position..<end] == sentence[...],
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(letter), next != UInt8(ascii: "\n")
      else {
        position += 1
        continue
      }
      found.append(String(UnicodeScalar(letter)))
      position = end + 2
      // The rest of a character of several bytes begins no sentence and need not be passed over.
    }
    return found
  }
}
