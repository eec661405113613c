// Objects keep their order and find their members; writing escapes what it must.
// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@Test(arguments: [3, 12, 13, 40])
func setsRenamesAndRemoves(count: Int) {
  var object = JSONObject()
  for index in 0..<count { object["k\(index)"] = .int(index) }
  object["k1"] = .string("new")
  object["k0"] = nil
  object.rename("k2", to: "renamed")
  object.rename("absent", to: "other")
  object.rename("renamed", to: "k1")
  #expect(object.keys == ["k1", "renamed"] + (3..<max(3, count)).map { "k\($0)" })
  #expect(object["k1"]?.string == "new")
  #expect(object["renamed"]?.int == 2)
  #expect(object["k0"] == nil)
  #expect(object["k2"] == nil)
}

/// Two spellings of an accented letter are two values and two keys.
@Test(arguments: [1, 20])
func comparesBytes(count: Int) {
  #expect(JSONValue.string("\u{e9}") != .string("e\u{301}"))
  #expect(JSONValue.array([.string("K")]) != .array([.string("\u{212a}")]))
  var object = JSONObject()
  for index in 0..<count { object["k\(index)"] = .null }
  object["\u{e9}"] = .int(1)
  object["e\u{301}"] = .int(2)
  #expect(object["\u{e9}"]?.int == 1)
  #expect(object.members.count == count + 2)
  #expect(ExactText("\u{e9}") != ExactText("e\u{301}"))
  #expect(ExactText("\u{e9}") > ExactText("e\u{301}"))
}

@Test func writesCompactly() {
  let value = JSONValue.object([
    "text": .string("a\"\\/\u{8}\u{c}\n\r\t\u{1}\u{1f}é\u{7f}"),
    "list": .array([.null, .bool(true)]),
    "none": .object([:]), "half": .double(0.5), "many": .int(-3),
  ])
  #expect(
    value.serializedString
      == #"{"text":"a\"\\/\b\f\n\r\t\u0001\u001fé"# + "\u{7f}"
      + #"","list":[null,true],"none":{},"half":0.5,"many":-3}"#)
}
