// Lists in files: a phrase or an instruction a line.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// The lines of a file, without white space around them; empty ones, and those that begin with #, are
/// left out.
public struct PhraseList: Sendable {
  public let phrases: [String]

  private static let mostBytes = 1 << 20

  /// Throws `list/empty`, `text/utf8`, and what reading throws.
  public init(path: String) throws(Failure) {
    let bytes = try readWholeFile(path, limit: Self.mostBytes)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Failure(.invalidInput, code: "text/utf8", at: path, "expected UTF-8, found other bytes")
    }
    try self.init(text, name: path)
  }

  /// The list that `text` is. Throws `list/empty`.
  init(_ text: String, name: String) throws(Failure) {
    phrases = text.split(atByte: 0x0A).compactMap { line in
      let phrase = strippingWhitespace(line)
      return phrase.isEmpty || phrase.utf8.first == UInt8(ascii: "#") ? nil : phrase
    }
    guard !phrases.isEmpty else {
      throw Failure(
        .invalidInput, code: "list/empty", at: name, "expected a list, a line each, found none")
    }
  }
}

/// Finds phrases that reveal that an answer was written from captions.
public struct LeakFilter: Sendable {
  private struct Phrase {
    let text: String
    let lower: [UInt8]
  }

  /// Phrases by their first byte.
  private var phrases = [[Phrase]](repeating: [], count: 256)

  public init(_ list: PhraseList) {
    for text in list.phrases {
      let phrase = Phrase(text: text, lower: text.utf8.map(Self.lowered))
      phrases[Int(phrase.lower[0])].append(phrase)
    }
  }

  /// The phrase of the list that stands first in `text`, letters A to Z as a to z, all else byte for
  /// byte; nil where none does.
  public func leak(in text: String) -> String? {
    let bytes = text.utf8.map(Self.lowered)
    for (place, byte) in bytes.enumerated() {
      for phrase in phrases[Int(byte)] where bytes[place...].starts(with: phrase.lower) {
        return phrase.text
      }
    }
    return nil
  }

  private static func lowered(_ byte: UInt8) -> UInt8 {
    (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
  }
}
