// Rubrics: what a judge is told about each category of question, by the layout of the reference's rule.json.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// The context that a judge gets besides question and answers; the reference has a script for each.
public enum JudgeVariant: Sendable {
  /// Nothing.
  case text
  /// Captions and boxes of the image.
  case visual
  /// A caption or several: the benchmark in the wild.
  case bench
}

/// A rubric for each category.
public struct JudgeRules: Sendable {
  /// One category's rubric.
  public struct Rule: Equatable, Sendable {
    /// The name for the two that answered.
    public let role: String
    public let prompt: String
  }

  /// The reference's system message, for files that have none.
  static let referenceSystem =
    "You are a helpful and precise assistant for checking the quality of the answer."

  /// The system message: the member `system` where it is a text, which the reference's file lacks.
  public let system: String
  private let rules: [ExactText: Rule]

  /// Reads `{"KEY":{"role":"…","prompt":"…"},…}`. Throws `judge/rules`.
  public init(parsing bytes: [UInt8], name: String) throws(Failure) {
    let value: JSONValue
    do throws(JSONError) { value = try JSONValue(parsing: bytes, depthLimit: 8) } catch {
      throw Self.fault(error.message).at("\(name):byte \(error.offset)")
    }
    guard let object = value.object else {
      throw Self.fault("expected an object of rules").at(name)
    }
    var rules: [ExactText: Rule] = [:]
    var system = Self.referenceSystem
    for (key, value) in object.members {
      if key == "system", let text = value.string {
        system = text
        continue
      }
      guard let role = value.object?["role"]?.string, let prompt = value.object?["prompt"]?.string
      else {
        throw Self.fault("\(escapedForTerminal(key)): expected `role` and `prompt`, two texts")
          .at(name)
      }
      rules[ExactText(key)] = Rule(role: role, prompt: prompt)
    }
    guard !rules.isEmpty else { throw Self.fault("expected a rule, found none").at(name) }
    (self.system, self.rules) = (system, rules)
  }

  /// The key and the rule for questions of `category`: text alone falls back to `default`, the
  /// benchmark's keys begin with `llava_bench_`. The key is the category of the review; with
  /// `default` that is the question's own. Throws `judge/category`.
  public func rule(for category: String, _ variant: JudgeVariant) throws(Failure)
    -> (category: String, rule: Rule)
  {
    let key = variant == .bench ? "llava_bench_\(category)" : category
    if let rule = rules[ExactText(key)] { return (key, rule) }
    if variant == .text, let rule = rules[ExactText("default")] { return (key, rule) }
    let fallback = variant == .text ? " or `default`" : ""
    throw Failure(
      .invalidInput, code: "judge/category",
      "expected a rule `\(escapedForTerminal(key))`\(fallback), found none",
      remedy: "categories are \(categories(variant)); --rule takes a file with more")
  }

  /// Those that have a rule of `variant`, for messages.
  private func categories(_ variant: JudgeVariant) -> String {
    let opening = variant == .bench ? "llava_bench_" : ""
    let keys = rules.keys.map(\.text).filter { key in
      key.utf8.starts(with: opening.utf8)
        && (variant == .bench || !key.utf8.starts(with: "llava_bench_".utf8))
    }
    let names = keys.map { String(decoding: $0.utf8.dropFirst(opening.utf8.count), as: UTF8.self) }
    return names.sorted().prefix(12).map(escapedForTerminal).joined(separator: ", ")
  }

  private static func fault(_ message: String) -> Failure {
    Failure(.invalidInput, code: "judge/rules", message, remedy: "see llava-eval(1) for the layout")
  }
}
