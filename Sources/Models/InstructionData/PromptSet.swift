// What stands before each question to the teacher: a system message and examples.
// SPDX-License-Identifier: Apache-2.0
import Chat
import InputOutput
import JSON

/// The messages that begin every request of one kind.
public struct PromptSet: Sendable {
  /// System message, and for each example a question and its answer.
  public let opening: [ChatMessage]
  /// The opening as it stands in a request, with what begins the last message's text.
  private let serializedOpening: [UInt8]

  /// Files of prompts are small.
  private static let mostBytes = 1 << 20
  private static let mostFiles = 4096

  /// Reads `system_message.txt` and the pairs `NNN_caps.txt`, `NNN_conv.txt` of `directory`, in the
  /// order of their numbers. Files are taken byte for byte.
  ///
  /// The layout of LLaVA's `playground/data/prompts`. Throws `prompts/none`, `prompts/pair`,
  /// `text/utf8`, and what reading throws.
  public init(directory: String) throws(Failure) {
    let names = try namesInDirectory(directory, limit: Self.mostFiles)
    guard names.contains("system_message.txt") else {
      throw Failure(
        .invalidInput, code: "prompts/none", at: directory,
        "expected a file system_message.txt, found none",
        remedy: "name the directory of one kind, with system_message.txt, 000_caps.txt,"
          + " 000_conv.txt and so on")
    }
    var messages = [ChatMessage(.system, try Self.text("\(directory)/system_message.txt"))]
    for number in try Self.numbers(names, directory) {
      messages.append(ChatMessage(.user, try Self.text("\(directory)/\(number)_caps.txt")))
      messages.append(ChatMessage(.assistant, try Self.text("\(directory)/\(number)_conv.txt")))
    }
    self.init(opening: messages)
  }

  init(opening: [ChatMessage]) {
    self.opening = opening
    let list = JSONValue.array((opening + [ChatMessage(.user, "")]).map(\.json)).serialized()
    // Without the empty text's second quotation mark and the brackets behind it.
    serializedOpening = list.dropLast("\"}]".utf8.count)
  }

  /// All messages of a request about `question`.
  public func messages(_ question: String) -> [ChatMessage] {
    opening + [ChatMessage(.user, question)]
  }

  /// The line of the request that `ChatRequest.make` makes of `record`, which is none yet, and
  /// `messages(question)`: the opening, which is long, is not serialised each time.
  public func request(_ record: JSONObject, _ question: String) -> [UInt8] {
    var record = record
    record[ChatRequest.messages] = nil
    var line = JSONValue.object(record).serialized()
    line.removeLast()
    line += (line.count > 1 ? ",\"" : "\"").utf8
    line += ChatRequest.messages.utf8
    line += "\":".utf8
    line += serializedOpening
    line += JSONValue.string(question).serialized().dropFirst()
    line += "}]}".utf8
    return line
  }

  /// The numbers that both files of a pair have, as they are written.
  private static func numbers(_ names: [String], _ directory: String) throws(Failure) -> [String] {
    let found = { (ending: String) in
      names.filter { $0.ends(withBytesOf: ending) }
        .map { String($0.dropLast(ending.utf8.count)) }
        .filter { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    }
    let (captions, conversations) = (found("_caps.txt"), found("_conv.txt"))
    let alone =
      captions.first { !conversations.contains($0) }.map { ($0, "caps", "conv") }
      ?? conversations.first { !captions.contains($0) }.map { ($0, "conv", "caps") }
    if let (number, there, missing) = alone {
      throw Failure(
        .invalidInput, code: "prompts/pair", at: directory,
        "expected \(number)_\(missing).txt beside \(number)_\(there).txt, found none")
    }
    let digits = { (number: String) in number.utf8.drop { $0 == 0x30 } }
    return captions.sorted {
      let (first, second) = (digits($0), digits($1))
      if first.count != second.count { return first.count < second.count }
      return first.elementsEqual(second)
        ? $0.utf8.count < $1.utf8.count : first.lexicographicallyPrecedes(second)
    }
  }

  private static func text(_ path: String) throws(Failure) -> String {
    let bytes = try readWholeFile(path, limit: mostBytes)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Failure(.invalidInput, code: "text/utf8", at: path, "expected UTF-8, found other bytes")
    }
    return text
  }
}
