// Problems and answers made up for the tests.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import InputOutput
import JSON
import Records
import ScienceQA
import TestSupport
import Testing

func value(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

func golden(_ name: String) throws -> JSONValue {
  let path = "\(packageRoot)/Tests/Golden/metrics/\(name)"
  return try JSONValue(parsing: [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))))
}

/// An entry of problems.json; `members` replace its own, nil removes one.
func entry(_ members: [String: JSONValue?] = [:]) -> JSONValue {
  var object: JSONObject = [
    "question": .string("Which?"), "choices": .array([.string("x"), .string("y"), .string("z")]),
    "answer": .int(1), "hint": .string(""), "image": .null, "grade": .string("grade3"),
    "subject": .string("natural science"), "lecture": .string("L"), "solution": .string("S"),
    "split": .string("test"),
  ]
  for (key, value) in members { object[key] = value }
  return .object(object)
}

func problemSet(
  _ entries: KeyValuePairs<String, JSONValue>, splits: String? = nil, split: String? = nil
) throws -> ProblemSet {
  let lists = try splits.map { NamedDocument(try value($0), name: "splits.json") }
  return try ProblemSet(
    NamedDocument(.object(JSONObject(entries)), name: "problems.json"), splits: lists, split: split)
}

func sorted(_ members: [String: JSONValue?] = [:], id: String = "1") throws -> SortedProblem {
  try SortedProblem(id: id, entry(members))
}

/// The failure that `body` throws.
func failure(_ body: () throws -> Void) -> Failure? {
  do {
    try body()
    return nil
  } catch {
    return error as? Failure
  }
}
