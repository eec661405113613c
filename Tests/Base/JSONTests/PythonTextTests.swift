// JSON as Python's module writes it: the expected texts are Python's own.
// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@Suite struct PythonTextTests {
  @Test(arguments: [
    (#"{"a":[1,"b",null,true],"c":{}}"#, #"{"a": [1, "b", null, true], "c": {}}"#),
    (
      #"["é","日","😀","\u2028","\u007f","~"," "]"#,
      #"["\u00e9", "\u65e5", "\ud83d\ude00", "\u2028", "\u007f", "~", " "]"#
    ),
    (#"["\"\\\/\b\f\n\r\t\u0001"]"#, #"["\"\\/\b\f\n\r\t\u0001"]"#),
    (#"{"é":[]}"#, #"{"\u00e9": []}"#),
  ])
  func linesAreAsDumpsWritesThem(text: String, expected: String) throws {
    let value = try JSONValue(parsing: Array(text.utf8))
    #expect(String(decoding: value.serializedAsPython(), as: UTF8.self) == expected)
  }

  @Test func indentedAsDumpWritesIt() throws {
    let value = try JSONValue(parsing: Array(#"[{"a":[],"b":[1,{}]},"c"]"#.utf8))
    let expected = """
      [
        {
          "a": [],
          "b": [
            1,
            {}
          ]
        },
        "c"
      ]
      """
    #expect(String(decoding: value.serializedAsPython(indent: 2), as: UTF8.self) == expected)
    #expect(JSONValue.array([]).serializedAsPython(indent: 2) == Array("[]".utf8))
  }
}
