// The problems of a split, in its order.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Records

/// A parsed file and its name, for messages.
public struct NamedDocument: Sendable {
  public let name: String
  public let value: JSONValue

  public init(_ value: JSONValue, name: String) { (self.value, self.name) = (value, name) }
}

/// Problems that were chosen by a split, or all.
public struct ProblemSet: Sendable {
  /// The file's name, for messages.
  public let name: String
  /// The ids of the chosen, in order, each once.
  public let ids: [String]
  private let problems: JSONObject

  /// `problems`: problems.json, an object of problems by id. With `splits`, which is pid_splits.json,
  /// those are chosen that it lists for `split`; without it those whose own member `split` says so;
  /// all where `split` is nil.
  ///
  /// Throws `scienceqa/problems` or `scienceqa/split`.
  public init(_ problems: NamedDocument, splits: NamedDocument? = nil, split: String? = nil)
    throws(Failure)
  {
    guard let object = problems.value.object else {
      throw Failure(
        .invalidInput, code: "scienceqa/problems", at: problems.name,
        "expected an object of problems by id, found \(kind(of: problems.value))",
        remedy: "give ScienceQA's problems.json")
    }
    name = problems.name
    self.problems = object
    if let splits, let split {
      ids = try Self.listed(split, splits, among: object, problems.name)
    } else if let split {
      ids = try Self.marked(split, object, problems.name)
    } else {
      ids = object.keys
    }
    guard !ids.isEmpty else {
      throw Failure(
        .invalidInput, code: "scienceqa/problems", at: problems.name,
        "expected problems, found none")
    }
  }

  /// The problem `id`, which is one of `ids`. Throws `scienceqa/problem`.
  public func problem(_ id: String) throws(Failure) -> Problem {
    do throws(Failure) { return try Problem(id: id, problems[id] ?? .null) } catch {
      throw error.at(name)
    }
  }

  /// The same with what sorts it into the columns of a score.
  public func sortedProblem(_ id: String) throws(Failure) -> SortedProblem {
    do throws(Failure) { return try SortedProblem(id: id, problems[id] ?? .null) } catch {
      throw error.at(name)
    }
  }

  private static func listed(
    _ split: String, _ splits: NamedDocument, among problems: JSONObject, _ name: String
  ) throws(Failure) -> [String] {
    guard let lists = splits.value.object else {
      throw fault(
        splits.name, "expected an object of lists of ids, found \(kind(of: splits.value))")
    }
    guard let value = lists[split] else {
      throw fault(
        splits.name,
        "expected the split \(shown(split)), found \(listing(lists.keys))")
    }
    guard let items = value.array else {
      throw fault(splits.name, "expected \(shown(split)) to be a list, found \(kind(of: value))")
    }
    var seen: Set<ExactText> = []
    var ids: [String] = []
    for item in items {
      guard let id = identifier(item) else {
        throw fault(splits.name, "\(shown(split)): expected ids alone, found \(kind(of: item))")
      }
      guard problems[id] != nil else {
        throw Failure(
          .mismatch, code: "scienceqa/split", at: splits.name,
          "\(shown(split)): \(escapedForTerminal(name)) has no problem \(shown(id))",
          remedy: "take both files from the same copy of ScienceQA")
      }
      guard seen.insert(ExactText(id)).inserted else {
        throw fault(splits.name, "\(shown(split)): the id \(shown(id)) stands there twice")
      }
      ids.append(id)
    }
    return ids
  }

  private static func marked(_ split: String, _ problems: JSONObject, _ name: String)
    throws(Failure) -> [String]
  {
    var ids: [String] = []
    var found: [String] = []
    for (id, value) in problems.members {
      guard let own = value.object?["split"]?.string else {
        throw Failure(
          .invalidInput, code: "scienceqa/split", at: name,
          "problem \(shown(id)): expected a problem with a text as its `split`",
          remedy: "give ScienceQA's problems.json; its pid_splits.json goes with --splits")
      }
      if own.utf8.elementsEqual(split.utf8) { ids.append(id) }
      if found.count < 8, !found.contains(where: { $0.utf8.elementsEqual(own.utf8) }) {
        found.append(own)
      }
    }
    guard !ids.isEmpty else {
      throw Failure(
        .invalidInput, code: "scienceqa/split", at: name,
        "expected problems of the split \(shown(split)), found \(listing(found))",
        remedy: "splits such as minival are in pid_splits.json, which --splits names")
    }
    return ids
  }

  private static func fault(_ name: String, _ message: String) -> Failure {
    Failure(
      .invalidInput, code: "scienceqa/split", at: name, message,
      remedy: "--splits takes ScienceQA's pid_splits.json")
  }

  private static func listing(_ names: [String]) -> String {
    names.isEmpty ? "none" : names.prefix(8).map(shown).joined(separator: ", ")
  }
}

/// An id: a text, or a number as it was written.
func identifier(_ value: JSONValue?) -> String? {
  if case .number(let number)? = value { number.text } else { value?.string }
}

/// A name of the data's, for messages.
func shown(_ text: String) -> String { escapedForTerminal(text.prefix(bytes: 80)) }
