// JSONL, arrays and lists of paths: a bad line spoils only itself, a cut is seen.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Records
import Streams
import TestSupport
import Testing

/// Every object as text, or the code of its failure; last the failure of the whole.
private func read(
  _ bytes: [UInt8], format: ObjectFormat = .auto, lineBytes: Int = 1000, requireEnd: Bool = false,
  step: Int = .max
) -> [String] {
  var limits = StreamLimits()
  limits.lineBytes = lineBytes
  var found: [String] = []
  do throws(Failure) {
    let reader = try openObjects(
      MemorySource(bytes, step: step), format: format, limits: limits, requireEnd: requireEnd)
    while let line = try reader.next() {
      switch line.result {
      case .success(let object):
        found.append("\(line.number) \(JSONValue.object(object).serializedString)")
      case .failure(let failure): found.append("\(line.number) \(failure.code)")
      }
    }
  } catch {
    found.append("! \(error.code)")
  }
  return found
}

private func read(_ text: String, format: ObjectFormat = .auto, lineBytes: Int = 1000) -> [String] {
  let whole = read(Array(text.utf8), format: format, lineBytes: lineBytes)
  #expect(whole == read(Array(text.utf8), format: format, lineBytes: lineBytes, step: 1))
  return whole
}

@Test func readsLines() {
  #expect(read("") == [])
  #expect(read("\n \n") == [])
  #expect(read("{}\n{\"a\":1}") == ["1 {}", "2 {\"a\":1}"])
  #expect(
    read("{}\r\n\n{\"a\"}\n[]\n{}\n") == [
      "1 {}", "3 json/syntax", "4 json/not-an-object", "5 {}",
    ])
  let long = "{\"a\":\"\(String(repeating: "x", count: 2000))\"}"
  #expect(
    read("{}\n\(long)\n{}\n\(long)") == ["1 {}", "2 json/too-long", "3 {}", "4 json/too-long"])
}

@Test func readsArrays() {
  #expect(read(" [ ] ") == [])
  #expect(
    read("[{\"a\":\"]},[\\\"\"},\n{ \"b\" : [1,{}] } ]") == [
      "1 {\"a\":\"]},[\\\"\"}", "2 {\"b\":[1,{}]}",
    ])
  #expect(read("[{},1,{\"a\"},{}]") == ["1 {}", "2 json/not-an-object", "3 json/syntax", "4 {}"])
  #expect(
    read("[{},{\"a\":\"\(String(repeating: "x", count: 2000))\"},{}]") == [
      "1 {}", "2 json/too-long", "3 {}",
    ])
  #expect(read("[{}") == ["! json/array"])
  #expect(read("[{},") == ["1 {}", "! json/array"])
  #expect(read("[") == ["! json/array"])
  #expect(read("[,{}]") == ["1 json/syntax", "2 {}"])
  #expect(read("[{} {}]") == ["1 json/syntax"])
  #expect(read("[{}]]") == ["1 {}", "! json/array"])
  #expect(read("[{},]") == ["1 {}", "! json/array"])
}

@Test func emptyLinesAtTheBeginningCount() {
  #expect(read("\n \n{}\n") == ["3 {}"])
  #expect(read("\n\na\n") == ["3 {\"image\":\"a\"}"])
  #expect(read("  a\n") == ["1 {\"image\":\"  a\"}"])
  #expect(read("\n [{}]") == ["1 {}"])
  let blanks = String(repeating: "\n", count: 100_000)
  #expect(read(Array((blanks + "{}").utf8)) == ["100001 {}"])
  #expect(read(Array((blanks + "a").utf8)) == ["100001 {\"image\":\"a\"}"])
  #expect(read(Array((blanks + "[{}]").utf8)) == ["1 {}"])
}

@Test func aFirstLineWithNULIsAnotherKindUnlessItIsAnObject() {
  #expect(read(" {\"a\":\"\0\"}\n{}", format: .jsonl) == ["1 json/syntax", "2 {}"])
  #expect(read("\n{\0}\n{}", format: .jsonl) == ["2 json/syntax", "3 {}"])
  #expect(read("x\n\0\n{}", format: .jsonl) == ["1 json/syntax", "2 json/syntax", "3 {}"])
  for text in ["x\0\n{}", "\n\nlonger than eight\0\n{}"] {
    for format in [ObjectFormat.jsonl, .paths, .auto] {
      #expect(read(text, format: format).last == "! text/binary")
      #expect(throws: Failure.self) {
        try openObjects(MemorySource(Array(text.utf8)), format: format)
      }
    }
  }
}

@Test func aPathMayBeginAsAnImageDoes() {
  let gif = "GIF89a\u{1}\0\u{1}\0"
  let webP = "RIFF$\0\0\0WEBPVP8 "
  for format in [ObjectFormat.jsonl, .array, .paths, .auto] {
    #expect(read(Array(gif.utf8), format: format) == ["! text/binary"])
    #expect(read(Array(webP.utf8), format: format) == ["! text/binary"])
  }
  for path in ["GIF8.png", "GIF89a\nb", "RIFFaaaaWEBP"] {
    #expect(read(path).first == "1 {\"image\":\"\(path.prefix { $0 != "\n" })\"}")
  }
  #expect(read(gif, format: .paths0).count == 2)
}

@Test func archivesAreNoLists() {
  func tar(_ name: String, _ fill: UInt8) -> [UInt8] {
    let name = Array(name.utf8)
    return name + [UInt8](repeating: fill, count: 257 - name.count) + Array("ustar  \0".utf8)
  }
  let parquet = Array("PAR1".utf8) + [0x15, 4, 0x15, 0x20]
  for bytes in [tar("photos/1.jpg", 0), parquet] {
    for format in [ObjectFormat.auto, .jsonl, .csv] {
      #expect(read(bytes, format: format) == ["! text/binary"])
    }
  }
  // A path may hold either word.
  #expect(
    read(Array(tar("photos/", 0x61).dropLast()), format: .paths).first?.hasPrefix("1 ") == true)
  #expect(read("PAR1/a.jpg\n") == ["1 {\"image\":\"PAR1/a.jpg\"}"])
}

@Test func readsPaths() {
  #expect(
    read("a b.jpg\n\n日本.png") == [
      "1 {\"image\":\"a b.jpg\"}", "3 {\"image\":\"日本.png\"}",
    ])
  #expect(read(Array("a".utf8) + [0xFF, 0x0A, 0x62]) == ["1 text/utf8", "2 {\"image\":\"b\"}"])
  #expect(read("a\nb\0c\0", format: .paths0) == ["1 {\"image\":\"a\\nb\"}", "2 {\"image\":\"c\"}"])
}

private func written(_ count: Int, level: Int? = 1, finish: Bool = true) throws -> [UInt8] {
  let sink = MemorySink()
  let writer = try JSONLWriter(sink, level: level)
  for index in 0..<count { try writer.write(["n": .int(index)]) }
  try writer.skip(["n": .int(count)], SkipMark(code: "image/cut", message: "cut"))
  if finish { try writer.finish() }
  return sink.bytes
}

@Test func readsWhatItWrites() throws {
  let expected =
    ["1 {\"n\":0}", "2 {\"n\":1}"]
    + [#"3 {"n":2,"skipped":{"code":"image/cut","message":"cut"}}"#]
  for level in [nil, 0, 1, 9] { #expect(read(try written(2, level: level)) == expected) }
  #expect(read(try written(2), requireEnd: true) == expected)
  #expect(read(try written(2), step: 1) == expected)
  #expect(read(try written(2, level: nil), requireEnd: true) == expected + ["! jsonl/no-end"])
  // zstd and its users see plain JSONL.
  #expect(decompressed(try written(2)) == (try written(2, level: nil)))
  #expect(read(frame(try written(2, level: nil))) == expected)
  let sink = MemorySink()
  try JSONLWriter(sink, level: 1).finish()
  #expect(read(sink.bytes, requireEnd: true) == [])
}

@Test func everyCutAndFlipOfCompressedLinesIsSeen() throws {
  let bytes = try written(3)
  let whole = read(bytes)
  for count in 1..<bytes.count {
    #expect(read(Array(bytes[..<count])).last?.hasPrefix("!") == true, "cut at \(count)")
  }
  for index in bytes.indices {
    for mask: UInt8 in [1, 0x80] {
      var damaged = bytes
      damaged[index] ^= mask
      let result = read(damaged, format: .jsonl)
      let delivered = result.filter { !$0.hasPrefix("!") }
      #expect(result == whole || whole.starts(with: delivered), "byte \(index) ^ \(mask)")
      #expect(result == whole || result.last?.hasPrefix("!") == true, "byte \(index) ^ \(mask)")
    }
  }
}

@Test func concatenatedCompressedLinesAreCounted() throws {
  let one = try written(1)
  #expect(read(one + one).count == 4)
  #expect(read(try written(1, finish: false) + one).last == "! jsonl/no-end")
  #expect(read(one + frame(Array("{}\n".utf8))) == read(one) + ["3 {}"])
}

@Test func eitherKindIsKnownByItsStart() throws {
  func kind(_ bytes: [UInt8]) throws -> String {
    switch try RecordStream(opening: MemorySource(bytes, step: 1)) {
    case .tensors(let reader):
      var count = 0
      while try reader.next() != nil { count += 1 }
      return "\(count) of \(reader.header.content)"
    case .objects(let reader):
      var count = 0
      while try reader.next() != nil { count += 1 }
      return "\(count) objects"
    }
  }
  let stream = try sampleStream()
  for bytes in [stream, decompressed(stream), frame(decompressed(stream))] {
    #expect(try kind(bytes) == "4 of clip-features")
  }
  for bytes in [try written(2), try written(2, level: nil), Array("[{},{},{}]".utf8)] {
    #expect(try kind(bytes) == "3 objects")
  }
  let empty = MemorySink()
  try JSONLWriter(empty, level: 1).finish()
  #expect(try kind(empty.bytes) == "0 objects")
  // Whoever made this made nothing at all.
  #expect(throws: Failure.self) { try kind([]) }
  #expect(try kind(Array("a\nb".utf8)) == "2 objects")
}

/// A member `skipped` of the user's is no mark of ours, to the writer as to the reader.
@Test func onlyMarksCountAsSkips() throws {
  let sink = MemorySink()
  let writer = try JSONLWriter(sink, level: 1)
  try writer.write(["skipped": .bool(false)])
  try writer.write(["skipped": SkipMark(code: "a/b", message: "").json])
  try writer.finish()
  #expect(writer.skippedCount == 1)
  #expect(read(sink.bytes, requireEnd: true).last?.hasPrefix("2 ") == true)
}

@Test func imagesMayHaveAnotherName() throws {
  var warnings: [String] = []
  func objects(_ text: String, key: String?) throws -> [String] {
    let reader = try openObjects(MemorySource(Array(text.utf8)))
    let images = ImageKeyReader(reader, key: key) { warnings.append($0) }
    var found: [String] = []
    while let line = try images.next() {
      found.append((try? JSONValue.object(line.result.get()).serializedString) ?? "-")
    }
    return found
  }
  let lines = """
    {"photo":"a.jpg","text":"Q"}
    {"image":"b.jpg","photo":"c.jpg"}
    {"image":null,"photo":["d.jpg"]}
    {"photo":null}
    {
    """
  #expect(
    try objects(lines, key: "photo") == [
      #"{"photo":"a.jpg","text":"Q","image":"a.jpg"}"#, #"{"image":"b.jpg","photo":"c.jpg"}"#,
      #"{"image":["d.jpg"],"photo":["d.jpg"]}"#, #"{"photo":null}"#, "-",
    ])
  #expect(warnings.isEmpty)
  #expect(try objects(lines, key: nil).first == #"{"photo":"a.jpg","text":"Q"}"#)
  #expect(warnings.count == 1)
  #expect(warnings.first?.contains("line 1: the record has no `image`, but `photo` looks") == true)
  #expect(warnings.first?.hasSuffix("(use --image-key photo)") == true)
}
