// One problem of ScienceQA: a question with choices, and what explains its answer.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// The letters that choices go by.
let letters = ["A", "B", "C", "D", "E"]

/// A problem as prompts are made of it.
public struct Problem: Equatable, Sendable {
  public let id: String
  public let question: String
  /// One to five.
  public let choices: [String]
  /// The right choice, from 0.
  public let answer: Int
  /// The context in words; empty where there is none.
  public let hint: String
  /// The picture's file name in the problem's folder; nil where there is none.
  public let image: String?
  public let lecture: String
  public let solution: String

  /// Reads the entry `value` of problems.json. Throws `scienceqa/problem` where a member is missing or
  /// of another type, there are more than five choices, or `answer` is none of them.
  public init(id: String, _ value: JSONValue) throws(Failure) {
    let entry = try ProblemEntry(id, value)
    self.id = id
    question = try entry.text("question")
    (choices, answer) = try (entry.choices(), entry.answer())
    hint = try entry.text("hint")
    image = try entry.image()
    lecture = try entry.text("lecture")
    solution = try entry.text("solution")
  }

  /// The letter of the right choice.
  var letter: String { letters[answer] }

  /// The picture's path below the folder of the split: `ID/image.png`, as `os.path.join` joins it.
  public var imagePath: String? {
    guard let image else { return nil }
    if begins(image, with: "/") || id.isEmpty { return image }
    return id.ends(withBytesOf: "/") ? id + image : "\(id)/\(image)"
  }
}

/// An entry of problems.json, each member checked as it is taken.
struct ProblemEntry {
  let id: String
  private let object: JSONObject

  init(_ id: String, _ value: JSONValue) throws(Failure) {
    self.id = id
    guard let object = value.object else {
      throw Self.fault(id, "expected an object, found \(kind(of: value))")
    }
    self.object = object
  }

  func text(_ key: String) throws(Failure) -> String {
    guard let text = object[key]?.string else { throw wrong(key, "a text") }
    return text
  }

  func choices() throws(Failure) -> [String] {
    guard let items = object["choices"]?.array else { throw wrong("choices", "a list of texts") }
    let texts = items.compactMap(\.string)
    guard texts.count == items.count else {
      throw fault("expected `choices` to be a list of texts alone")
    }
    guard (1...letters.count).contains(texts.count) else {
      throw fault("expected 1 to \(letters.count) choices, found \(texts.count)")
    }
    return texts
  }

  func answer() throws(Failure) -> Int {
    guard let answer = object["answer"]?.int else {
      throw wrong("answer", "the number of a choice, from 0")
    }
    let count = try choices().count
    guard (0..<count).contains(answer) else {
      throw fault("answer \(answer) is none of its \(counted(count, "choice")), from 0")
    }
    return answer
  }

  func image() throws(Failure) -> String? {
    guard let value = object["image"], value != .null else {
      guard object["image"] != nil else { throw wrong("image", "a file's name or null") }
      return nil
    }
    guard let name = value.string, !name.isEmpty else {
      throw wrong("image", "a file's name or null")
    }
    return name
  }

  func fault(_ message: String) -> Failure { Self.fault(id, message) }

  private static func fault(_ id: String, _ message: String) -> Failure {
    Failure(
      .invalidInput, code: "scienceqa/problem",
      "problem \(escapedForTerminal(id.prefix(bytes: 80))): \(message)")
  }

  private func wrong(_ key: String, _ expected: String) -> Failure {
    let found = object[key].map { ", found \(kind(of: $0))" } ?? ", found none"
    return fault("expected `\(key)` to be \(expected)\(found)")
  }
}

/// What `value` is, for messages.
func kind(of value: JSONValue) -> String {
  switch value {
  case .null: "null"
  case .bool: "true or false"
  case .number(let number): "the number \(number.text.prefix(bytes: 20))"
  case .string(let text): text.isEmpty ? "an empty text" : "a text"
  case .array: "a list"
  case .object: "an object"
  }
}
