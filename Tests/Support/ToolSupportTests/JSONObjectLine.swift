// A message in JSON, taken apart.
// SPDX-License-Identifier: Apache-2.0
import JSON

/// One line of --errors json.
struct JSONObjectLine {
  let tool: String?
  let code: String?

  init(_ text: String) throws {
    let object = try JSONValue(parsing: Array(text.utf8)).object
    tool = object?["tool"]?.string
    code = object?["code"]?.string
  }
}
