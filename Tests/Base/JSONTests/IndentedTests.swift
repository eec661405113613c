// JSON a member a line: for people, and the same value for programs.
// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import JSON

@Test func indentedJSONIsReadableAndTheSame() throws {
  let text = #"{"a":{"b":[1,2.50,"x\n"],"c":{}},"d":[{"e":null},{}],"f":[],"g":true}"#
  let value = try JSONValue(parsing: Array(text.utf8))
  let indented = value.indented()
  #expect(
    String(decoding: indented, as: UTF8.self) == """
      {
        "a": {
          "b": [1, 2.50, "x\\n"],
          "c": {}
        },
        "d": [
          {
            "e": null
          },
          {}
        ],
        "f": [],
        "g": true
      }

      """)
  #expect(try JSONValue(parsing: indented) == value)
}
