// The parser accepts what RFC 8259 allows and refuses everything else.
// SPDX-License-Identifier: Apache-2.0
import JSON
import TestSupport
import Testing

private func parse(_ text: String) throws(JSONError) -> JSONValue {
  try JSONValue(parsing: Array(text.utf8))
}

@Test(arguments: [
  "null", " true ", "\t[ ]\r\n", "{}", "0", "-0", "-0.0", "1e5", "1E+5", "1.5e-5", "\"\"",
  "[1,2,[3,{\"a\":[]}]]", "{\"\":0}", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\"", "\"\u{7f}\"",
  "\"\u{2028}\u{10ffff}\"", "123456789012345678901234567890", "1e400", "{\"a\":1,\"A\":1}",
])
func acceptsValidDocuments(text: String) throws {
  let value = try parse(text)
  #expect(try JSONValue(parsing: value.serialized()) == value)
}

@Test(arguments: [
  "", " ", "nul", "nulll", "True", "NaN", "-", "+1", "01", "-01", "1.", ".5", "1e", "1e+", "0x1",
  "1_000", "[1,]", "[,1]", "[1 2]", "[1", "]", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "{\"a\":}",
  "{\"a\"", "{'a':1}", "{1:1}", "{\"a\":1 \"b\":2}", "{\"a\":1,\"a\":1}", "{\"a\":1,\"\\u0061\":2}",
  "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800x\"",
  "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\\ud800\\ud800\"", "\"a\nb\"", "\"\u{1}\"", "1 2", "{} x",
  "/* c */ 1", "1 // c", "\u{feff}1", "[1]\0", "\u{a0}1", "Infinity", "{\"a\":1}}",
  "[\"a\",\n4\n,1,",
])
func refusesInvalidDocuments(text: String) {
  #expect(throws: JSONError.self) { try parse(text) }
}

@Test(
  arguments: [
    [0x22, 0xff, 0x22], [0x22, 0xc0, 0x80, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22],
    [0x22, 0xe2, 0x82, 0x22], [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22], [0x22, 0x5c, 0x6e, 0xff, 0x22],
    [0x5b, 0xff, 0x5d], [0xff, 0xfe, 0x31, 0x00],
  ] as [[UInt8]])
func refusesInvalidUTF8(bytes: [UInt8]) {
  #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
}

@Test func stopsAtTheDepthLimit() throws {
  let nested = { (depth: Int) in
    String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
  }
  _ = try parse(nested(64))
  #expect(throws: JSONError(offset: 64, message: "nested deeper than 64")) { try parse(nested(65)) }
  #expect(throws: JSONError.self) { try parse(String(repeating: "[", count: 1_000_000)) }
  #expect(throws: JSONError.self) { try parse(String(repeating: "{\"a\":", count: 1_000_000)) }
  #expect(throws: JSONError.self) {
    try JSONValue(parsing: Array("[[1]]".utf8), depthLimit: 1)
  }
}

@Test func unescapes() throws {
  #expect(try parse("\"\\u00e9\\ud83d\\ude00\\/\"") == .string("é😀/"))
  #expect(try parse("\"\\u0000\"").string?.utf8.count == 1)
}

@Test func keysAreComparedByTheirBytes() throws {
  // One letter in two spellings of Unicode: Swift calls the strings equal, the keys differ.
  let object = try #require(try parse("{\"\\u00e9\":1,\"e\\u0301\":2}").object)
  #expect(object.members.count == 2)
  #expect(object["\u{e9}"]?.int == 1)
  #expect(object["e\u{301}"]?.int == 2)
}

@Test func findsDuplicatesAmongManyKeys() throws {
  let members = (0..<100).map { "\"key\($0)\":\($0)" }
  let object = try #require(try parse("{\(members.joined(separator: ","))}").object)
  for index in 0..<100 { #expect(object["key\(index)"]?.int == index) }
  #expect(throws: JSONError.self) {
    try parse("{\(members.joined(separator: ",")),\"key50\":0}")
  }
}

@Test func numbersKeepTheirTextAndTheirMeaning() throws {
  let text = "[1.0,1e2,-0,9223372036854775807,9223372036854775808,1e400,0.10]"
  let items = try #require(try parse(text).array)
  #expect(items.map(\.int) == [nil, nil, 0, .max, nil, nil, nil])
  #expect(items[5].double == nil)
  #expect(items[1].double == 100)
  #expect(JSONValue.array(items).serializedString == text)
}

@Test func tellsWhereTheFaultIs() {
  #expect(throws: JSONError(offset: 6, message: "expected , or ] in an array")) {
    try parse("[1, 2 3]")
  }
}

@Test func mutatedDocumentsNeverCrash() throws {
  var generator = SeededGenerator(seed: 1)
  let seed = Array(#"{"id":"a\u00e9","conversations":[{"from":"human","n":-1.5e3}],"x":null}"#.utf8)
  var accepted = 0
  for _ in 0..<amount(4000, soak: 400_000) {
    var bytes = seed
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      let index = Int.random(in: 0..<bytes.count, using: &generator)
      switch Int.random(in: 0..<3, using: &generator) {
      case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
      case 1: bytes.remove(at: index)
      default: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &generator)], at: index)
      }
    }
    guard let value = try? JSONValue(parsing: bytes) else { continue }
    accepted += 1
    // Whatever is accepted has one spelling, and that spelling means the same.
    #expect(try JSONValue(parsing: value.serialized()).serialized() == value.serialized())
  }
  #expect(accepted > 0)
}

@Test(arguments: [
  ("NaN", 0, "expected a number, found NaN, which JSON does not have"),
  ("[1,-Infinity]", 3, "expected a number, found -Infinity, which JSON does not have"),
  (
    #"{"x":{"y":1},"a":{"b":[{"c":Infinity}]}}"#, 28,
    "a.b.c: expected a number, found Infinity, which JSON does not have"
  ), ("-", 1, "expected a digit"), ("Nan", 0, "expected a value"),
])
func numbersThatAreNoneAreNamed(text: String, offset: Int, message: String) {
  #expect(throws: JSONError(offset: offset, message: message)) { try parse(text) }
}
