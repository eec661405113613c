// A question with places that each record fills with what it says.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Records

/// A question such as `Is this {label}?`: `{KEY}` stands for the record's member KEY, `{image.name}`
/// for the name of its first image's file without directory and ending, `{image.directory}` for the
/// name of the directory that holds it; `{{` and `}}` are braces.
public struct QuestionTemplate: Sendable {
  private enum Part: Sendable {
    case text(String)
    case member(String)
    case imageName, imageDirectory
  }

  private let parts: [Part]

  /// Throws `usage/braces` where braces hold no name.
  public init(_ text: String) throws(Failure) {
    var parts: [Part] = []
    var literal: [UInt8] = []
    var rest = Array(text.utf8)[...]
    let (open, close) = (UInt8(ascii: "{"), UInt8(ascii: "}"))
    while let byte = rest.popFirst() {
      if byte == open || byte == close, rest.first == byte {
        literal.append(byte)
        rest.removeFirst()
      } else if byte == open {
        let name = rest.prefix { $0 != close && $0 != open }
        guard rest.dropFirst(name.count).first == close, Self.isName(name) else {
          throw Self.badBraces([byte] + name + rest.dropFirst(name.count).prefix(1))
        }
        if !literal.isEmpty { parts.append(.text(String(decoding: literal, as: UTF8.self))) }
        literal = []
        parts.append(Self.place(String(decoding: name, as: UTF8.self)))
        rest = rest.dropFirst(name.count + 1)
      } else if byte == close {
        throw Self.badBraces([byte])
      } else {
        literal.append(byte)
      }
    }
    if !literal.isEmpty { parts.append(.text(String(decoding: literal, as: UTF8.self))) }
    self.parts = parts
  }

  /// Whether it asks for what a record that is only an image's path has not.
  public var needsMembers: Bool {
    parts.contains {
      guard case .member(let key) = $0 else { return false }
      return !["id", "image"].contains { $0.utf8.elementsEqual(key.utf8) }
    }
  }

  /// The question to `record`, which has its id.
  ///
  /// Throws `record/question-member` where the record lacks what a place stands for, or has neither a
  /// text nor a number there, and `record/too-large` above `limit` bytes, with `remedy`.
  public func text(for record: JSONObject, limit: Int, remedy: String = "raise --max-line")
    throws(Failure) -> String
  {
    var text = ""
    for part in parts {
      switch part {
      case .text(let literal): text += literal
      case .member(let key): text += try Self.value(of: key, in: record)
      case .imageName: text += try Self.imagePath(of: record, for: "image.name").name
      case .imageDirectory:
        guard let name = try Self.imagePath(of: record, for: "image.directory").directory else {
          throw Self.missing(
            "the image's path names no directory for {image.directory}", remedy: nil)
        }
        text += name
      }
      guard text.utf8.count <= limit else {
        throw Failure(
          .limitExceeded, code: "record/too-large",
          "the question would take more than \(limit) bytes", remedy: remedy)
      }
    }
    return text
  }

  /// JSON that was not meant as a place is told by its quotes, a block of code by its line ends.
  private static func isName(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.first != 0x20 && bytes.last != 0x20 && !bytes.isEmpty
      && bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\"") }
  }

  private static func place(_ name: String) -> Part {
    switch Array(name.utf8) {
    case Array("image.name".utf8): .imageName
    case Array("image.directory".utf8): .imageDirectory
    default: .member(name)
    }
  }

  private static func value(of key: String, in record: JSONObject) throws(Failure) -> String {
    let shown = escapedForTerminal(key)
    switch record[key] {
    case .string(let text): return text
    case .number(let number): return number.text
    case nil, .null:
      let isOfImage = ["name", "directory"].contains { $0.utf8.elementsEqual(key.utf8) }
      throw missing(
        "the record has no `\(shown)` for {\(shown)} in the question",
        remedy: isOfImage
          ? "for the image's: {image.\(key)}" : "if the braces are text, write {{\(shown)}}")
    default:
      throw missing(
        "expected `\(shown)` to be a text or a number, for {\(shown)} in the question", remedy: nil)
    }
  }

  /// The first image's file name without its ending, and its directory's name where there is one.
  private static func imagePath(of record: JSONObject, for place: String) throws(Failure) -> (
    name: String, directory: String?
  ) {
    guard let path = try Record.imagePaths(of: record).first else {
      throw missing("the record has no image for {\(place)} in the question", remedy: nil)
    }
    guard DataURL(path) == nil else {
      throw missing(
        "the record holds its image itself, which has no name for {\(place)} in the question",
        remedy: "give the records a member for it, and write {KEY}")
    }
    let parts = path.split(atByte: UInt8(ascii: "/"))
    let file = Array((parts.last ?? "").utf8)
    let dot = file.lastIndex(of: UInt8(ascii: ".")) ?? 0
    let name = String(decoding: dot > 0 ? file[..<dot] : file[...], as: UTF8.self)
    return (name, parts.dropLast().last { !$0.utf8.elementsEqual(".".utf8) && !$0.isEmpty })
  }

  private static func missing(_ message: String, remedy: String?) -> Failure {
    Failure(.invalidInput, code: "record/question-member", message, remedy: remedy)
  }

  private static func badBraces(_ found: [UInt8]) -> Failure {
    let text = String(decoding: found, as: UTF8.self)
    let shown = escapedForTerminal(text.utf8.count > 40 ? text.prefix(bytes: 40) + "..." : text)
    return Failure(
      .usage, code: "usage/braces", "expected {KEY} with a member's name, found \(shown)",
      remedy: "for braces in a question write {{ and }}")
  }
}
