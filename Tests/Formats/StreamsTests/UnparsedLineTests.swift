// Lines parsed later are what lines parsed at once are; tables of text.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Records
import Streams
import Testing

private func shown(_ line: ObjectLine) -> String {
  switch line.result {
  case .success(let object): "\(line.place) \(JSONValue.object(object).serializedString)"
  case .failure(let failure): "\(line.place) \(failure.at(line.record))"
  }
}

private func read(
  _ bytes: [UInt8], columns: [String] = ["image"], format: ObjectFormat = .auto, later: Bool
) throws -> [String] {
  let reader = try openObjects(MemorySource(bytes), format: format, columns: columns)
  var found: [String] = []
  if later {
    var lines: [UnparsedLine] = []
    while let line = try reader.nextUnparsed() { lines.append(line) }
    found = lines.map { shown($0.parsed()) }
  } else {
    while let line = try reader.next() { found.append(shown(line)) }
  }
  #expect(try reader.next() == nil && reader.nextUnparsed() == nil)
  return found
}

@Test(arguments: [
  "{\"a\":1}\n\n{\"a\"}\n[]\n{ \"b\" : 2 }\r\n{\"id\":\"x\",\"skipped\":{\"code\":\"c\"}}",
  "[{\"a\":1},{\"a\"},2,\n{}]", "a.jpg\nb.jpg\n", "",
])
func parsingLaterIsTheSame(text: String) throws {
  let bytes = Array(text.utf8)
  #expect(try read(bytes, later: true) == read(bytes, later: false))
  #expect(try read(bytes, later: true).isEmpty == text.isEmpty)
}

@Test func marksAreCountedWhereParsingIsLater() throws {
  let sink = MemorySink()
  let writer = try JSONLWriter(sink, level: 3)
  try writer.write(["a": .int(1)])
  try writer.skip(["id": .string("x")], SkipMark(code: "c", message: "m"))
  try writer.finish()
  #expect(try read(sink.bytes, later: true).count == 2)
  #expect(try read(sink.bytes, later: true) == read(sink.bytes, later: false))
  let cut = Array(sink.bytes.dropLast(30))
  #expect(throws: Failure.self) { try read(cut, later: true) }
}

@Test func tablesHaveAColumnATab() throws {
  let table = "a dog\thttp://h/1\r\n\nalone\na\tb\tc\n\t\n"
  let found = try read(
    Array(table.utf8), columns: ["caption", "url"], format: .paths, later: false)
  #expect(found.count == 4)
  #expect(found[0] == #"memory: line 1 {"caption":"a dog","url":"http://h/1"}"#)
  #expect(found[1] == #"memory: line 3 {"caption":"alone"}"#)
  #expect(found[2].contains("expected at most 2 columns, found 3"))
  #expect(found[3] == #"memory: line 5 {"caption":"","url":""}"#)
  let bad = try read(
    [0x61, 0x09, 0xFF, 0x0A, 0x62], columns: ["a", "b"], format: .paths, later: true)
  #expect(
    bad.count == 2 && bad[0].contains("not valid UTF-8") && bad[1] == #"memory: line 2 {"a":"b"}"#)
}
