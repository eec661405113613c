// What a run is: everything that changes its numbers, to hold a resumed one against.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// Compares the descriptions of two runs.
public enum RunDescription {
  /// Throws `checkpoint/other-run` (status 6) with the first few members that differ.
  public static func check(_ found: JSONObject, is expected: JSONObject, at path: String)
    throws(Failure)
  {
    guard let differences = differences(found, "there", expected, "here") else { return }
    throw Failure(
      .mismatch, code: "checkpoint/other-run", at: path,
      "the checkpoint is of another run: \(differences)",
      remedy: "resume with what the run began with, or begin another with -o")
  }

  /// The first few members that differ, with the values of both, and where each of these is; nil where
  /// both are the same.
  public static func differences(
    _ found: JSONObject, _ there: String, _ expected: JSONObject, _ here: String
  ) -> String? {
    let (found, expected) = (flat(found), flat(expected))
    let keys = expected.keys + found.keys.filter { expected[$0] == nil }
    let differing = keys.filter { expected[$0] != found[$0] }
    guard !differing.isEmpty else { return nil }
    let shown = differing.prefix(3).map { key in
      if let records = digested[key], found[key] != nil, expected[key] != nil {
        return "the records of \(records) differ"
      }
      return "\(escapedForTerminal(key)) \(text(found[key])) \(there)"
        + " and \(text(expected[key])) \(here)"
    }
    let more = differing.count > 3 ? ", and \(differing.count - 3) more" : ""
    return shown.joined(separator: ", ") + more
  }

  /// Members that are digests, which tell nobody anything, and what they are digests of.
  private static let digested = [
    "data.files": "the input", "evaluation.file": "--eval",
  ]

  /// The members of objects in it beside its own: what differs is said by name.
  private static func flat(_ description: JSONObject) -> JSONObject {
    var flat = JSONObject()
    for (key, value) in description.members {
      guard let inner = value.object else {
        flat[key] = value
        continue
      }
      for (name, value) in inner.members { flat["\(key).\(name)"] = value }
    }
    return flat
  }

  private static func text(_ value: JSONValue?) -> String {
    guard let value else { return "absent" }
    if let text = value.string { return escapedForTerminal(text.prefix(bytes: 64)) }
    return escapedForTerminal(value.serializedString.prefix(bytes: 64))
  }
}
