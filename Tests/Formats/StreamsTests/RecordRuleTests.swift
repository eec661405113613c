// Each rule of llava-stream(5) for the metadata of records, broken once.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Streams
import Testing

private let goodHeader =
  #""ts.version":"1","ts.kind":"header","ts.seq":"0","ts.content":"c","ts.producer":"p","#
  + #""ts.schema":"{\"a\":{\"dtype\":\"U8\",\"shape\":[null]}}""#
private let tensor = #","a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}"#
private let goodData = #""ts.kind":"data","ts.seq":"1","id":"x""#

private func metadata(_ members: String, _ rest: String = "", data: [UInt8] = []) -> [UInt8] {
  record(#"{"__metadata__":{\#(members)}\#(rest)}"#, data: data)
}

/// The failure of a stream of these records: each in a frame.
private func code(_ records: [UInt8]...) -> String? {
  readStream(Array(records.map { frame($0) }.joined())).failure?.code
}

private func end(_ records: Int, _ bytes: Int, sequence: Int, more: String = "") -> [UInt8] {
  metadata(
    #""ts.kind":"end","ts.seq":"\#(sequence)","ts.records":"\#(records)","ts.skipped":"0","#
      + #""ts.bytes":"\#(bytes)"\#(more)"#)
}

@Test func theSmallestStreamsAreGood() {
  let header = metadata(goodHeader + #","ts.x-new":"?","note":"mine""#)
  let data = metadata(goodData + #","mine":"","json":"{\"a\": 1}""#, tensor, data: [7])
  #expect(code(header, end(0, header.count, sequence: 1)) == nil)
  #expect(code(header, data, end(1, header.count + data.count, sequence: 2)) == nil)
  #expect(code(header, data, end(2, header.count + data.count, sequence: 2)) == "stream/count")
  #expect(code(header, data, end(1, header.count, sequence: 2)) == "stream/count")
  #expect(code(header, data, end(1, header.count, sequence: 3)) == "stream/sequence")
  let hash = #","ts.sha256":"00""#
  #expect(code(header, end(0, header.count, sequence: 1, more: hash)) == "stream/hash")
}

@Test(arguments: [
  (#"{}"#, "kind"), (#"{"__metadata__":{}}"#, "kind"),
  (#"{"__metadata__":{"ts.kind":"headers"}}"#, "kind"),
  (#"{"__metadata__":{"ts.kind":"header","ts.seq":"0"}}"#, "version"),
])
func badFirstRecords(json: String, expected: String) {
  #expect(code(record(json)) == "stream/\(expected)")
}

@Test(arguments: [
  (#""ts.version":"1""#, #""ts.version":"2""#, "version"),
  (#""ts.seq":"0""#, #""ts.seq":"1""#, "no-header"),
  (#""ts.seq":"0""#, #""ts.seq":"00""#, "metadata"),
  (#""ts.seq":"0""#, #""ts.seq":"+0""#, "metadata"),
  (#""ts.seq":"0""#, #""ts.seq":"-1""#, "metadata"),
  (#""ts.seq":"0""#, #""ts.seq":"99999999999999999999""#, "metadata"),
  (#""ts.content":"c","#, "", "metadata"), (#""ts.producer":"p","#, "", "metadata"),
  (#""ts.content""#, #""ts.filter":"shuffle","ts.content""#, "unknown-key"),
  (#""ts.content""#, #""ts.new":"","ts.content""#, "unknown-key"),
  (#""ts.content""#, #""ts.records":"0","ts.content""#, "unknown-key"),
  ("[null]", "[-1]", "schema"), ("[null]", "[0.5]", "schema"), ("U8", "u8", "schema"),
  (#"\"U8\","#, #"\"U8\",\"more\":1,"#, "schema"), (#""{\"a\""#, #""[\"a\""#, "schema"),
])
func badHeaders(old: String, new: String, expected: String) {
  let header = goodHeader.replacing(old, with: new)
  #expect(header != goodHeader)
  #expect(code(metadata(header)) == "stream/\(expected)")
}

@Test(arguments: [
  (#""id":"x""#, #""id":"""#, "stream/id"), (#","id":"x""#, "", "stream/metadata"),
  (#""id":"x""#, #""id":"a\nb""#, "stream/id"), (#""id":"x""#, #""id":"\u007f""#, "stream/id"),
  (#""id""#, #""json":"[]","id""#, "stream/json"), (#""id""#, #""json":"{","id""#, "stream/json"),
  (#""id""#, #""json":"{\"a\":1,\"a\":1}","id""#, "stream/json"),
  (#""id""#, #""json":"{\n}","id""#, "stream/json"),
  (#""id""#, #""ts.error":"x","id""#, "stream/unknown-key"),
  (#""data""#, #""header""#, "stream/version"),
  (#""ts.seq":"1""#, #""ts.seq":"2""#, "stream/sequence"),
  (#""data""#, #""skip""#, "stream/metadata"),
])
func badData(old: String, new: String, expected: String) {
  let data = goodData.replacing(old, with: new)
  #expect(data != goodData)
  #expect(code(metadata(goodHeader), metadata(data, tensor, data: [7])) == expected)
}

@Test func tensorsMustFitTheSchema() {
  let header = metadata(goodHeader)
  func code(_ tensors: String, _ bytes: [UInt8]) -> String? {
    readStream(frame(header) + frame(metadata(goodData, tensors, data: bytes))).failure?.code
  }
  #expect(code(tensor, [7]) == "stream/no-end")
  #expect(code("", []) == "stream/schema")
  #expect(code(tensor.replacing("U8", with: "I8"), [7]) == "stream/schema")
  #expect(code(tensor.replacing("[1]", with: "[1,1]"), [7]) == "stream/schema")
  #expect(code(tensor.replacing(#""a""#, with: #""b""#), [7]) == "stream/schema")
  #expect(code(tensor.replacing(#""a""#, with: #""a b""#), [7]) == "safetensors/name")
  #expect(code(tensor, []) == "stream/cut")
}

@Test func onlyDataRecordsHaveTensors() {
  let header = metadata(goodHeader)
  #expect(code(metadata(goodHeader, tensor, data: [7])) == "stream/tensors")
  let skip = #""ts.kind":"skip","ts.seq":"1","id":"x","ts.error":"a/b""#
  #expect(code(header, metadata(skip)) == "stream/no-end")
  #expect(code(header, metadata(skip, tensor, data: [7])) == "stream/tensors")
}

@Test func boolsAreZeroOrOne() {
  let header = metadata(goodHeader.replacing("U8", with: "BOOL"))
  for (value, expected) in [(1, "stream/no-end"), (2, "stream/bool")] {
    let data = metadata(goodData, tensor.replacing("U8", with: "BOOL"), data: [UInt8(value)])
    #expect(code(header, data) == expected)
  }
}
