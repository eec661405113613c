// Headers that are right are read back; headers that lie are refused by name of the rule.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Safetensors
import Tensors
import TestSupport
import Testing

private func image(_ json: String, data: Int = 0) -> [UInt8] {
  let length = UInt64(json.utf8.count)
  return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(json.utf8)
    + [UInt8](repeating: 0, count: data)
}

private func code(_ image: [UInt8], _ rules: SafetensorsRules = .checkpoint) -> String? {
  image.withUnsafeBytes { bytes in
    do throws(Failure) { _ = try SafetensorsHeader.parse(file: bytes, rules: rules) } catch {
      return error.code
    }
    return nil
  }
}

@Test func buildsWhatItReads() throws {
  let tensors: [(String, ElementType, [Int])] = [
    ("b", .bf16, [2, 3]), ("a", .bf16, [1]), ("z", .f64, []), ("rows", .i32, [2]),
    ("none", .u8, [0]),
  ]
  let built = try SafetensorsHeader.build(
    tensors.map { (name: $0.0, elementType: $0.1, shape: $0.2) },
    metadata: [("format", "pt"), ("n", "é\n")], rules: .stream)
  #expect(built.bytes.count % 8 == 0)
  #expect(built.header.entries.map(\.name) == ["z", "rows", "a", "b", "none"])
  #expect(built.header["b"]?.byteRange == 18..<30)
  let file = built.bytes + [UInt8](repeating: 0, count: built.header.dataByteCount)
  try file.withUnsafeBytes { bytes in
    let parsed = try SafetensorsHeader.parse(file: bytes, rules: .stream)
    #expect(parsed.header.entries == built.header.entries)
    #expect(parsed.dataOffset == built.bytes.count)
    #expect(parsed.header.metadata("n") == "é\n")
  }
  // Every cut is seen.
  for count in 0..<file.count { #expect(code(Array(file[..<count])) != nil, "cut at \(count)") }
  #expect(code(file + [0]) == "safetensors/layout")
}

@Test(arguments: [
  (" {}", "json"), ("", "json"), ("[]", "json"), ("{}\0", "json"), ("{} {}", "json"),
  ("\u{feff}{}", "json"), (#"{"a":1}"#, "entry"), (#"{"__metadata__":null}"#, "metadata"),
  (#"{"__metadata__":{"a":1}}"#, "metadata"), (#"{"__metadata__":{"a":"1","a":"1"}}"#, "json"),
  (#"{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"\u0061":{"dtype":"F32"}}"#, "json"),
  (#"{"":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#, "name"),
  (#"{"a\u0000":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#, "name"),
  (#"{"a":{"dtype":"f32","shape":[0],"data_offsets":[0,0]}}"#, "dtype"),
  (#"{"a":{"dtype":"F4","shape":[0],"data_offsets":[0,0]}}"#, "dtype"),
  (#"{"a":{"shape":[0],"data_offsets":[0,0]}}"#, "dtype"),
  (#"{"a":{"dtype":"U8","data_offsets":[0,0]}}"#, "shape"),
  (#"{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,0]}}"#, "shape"),
  (#"{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}"#, "shape"),
  (#"{"a":{"dtype":"U8","shape":[1e0],"data_offsets":[0,1]}}"#, "shape"),
  (#"{"a":{"dtype":"U8","shape":["1"],"data_offsets":[0,1]}}"#, "shape"),
  (#"{"a":{"dtype":"U8","shape":[18446744073709551616],"data_offsets":[0,1]}}"#, "shape"),
  (#"{"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]}}"#, "shape"),
  (
    #"{"a":{"dtype":"U8","shape":[0,4611686018427387904,4611686018427387904],"data_offsets":[0,0]}}"#,
    "shape"
  ),
  (
    #"{"a":{"dtype":"U8","shape":[4611686018427387904,4611686018427387904,0],"data_offsets":[0,0]}}"#,
    "shape"
  ),
  (#"{"a":{"dtype":"U8","shape":[1]}}"#, "offsets"),
  (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}"#, "offsets"),
  (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}"#, "offsets"),
  (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}"#, "offsets"),
  (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[-1,0]}}"#, "offsets"),
  (#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,1]}}"#, "offsets"),
  (
    #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[9223372036854775807,9223372036854775807]}}"#,
    "offsets"
  ),
  (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#, "layout"),
  (#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#, "cut"),
  (
    #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
    "layout"
  ),
])
func refusesHeadersThatLie(json: String, expected: String) {
  #expect(code(image(json, data: 2)) == "safetensors/\(expected)")
}

@Test func refusesLengthsThatLie() {
  for length in [1, 1 << 20, Int.max, -1] {
    let bytes = withUnsafeBytes(of: UInt64(bitPattern: Int64(length)).littleEndian, Array.init)
    #expect(code(bytes) == "safetensors/cut")
  }
  var rules = SafetensorsRules.checkpoint
  rules.headerBytes = 4
  #expect(code(image("{    }"), rules) == "safetensors/header-too-large")
  rules.headerBytes = 1000
  rules.tensors = 1
  let two =
    #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"#
    + #""b":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"c":0}"#
  #expect(code(image(two), rules) == "safetensors/too-many")
}

@Test func streamsAreStricterThanCheckpoints() {
  let misaligned =
    #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"#
    + #""b":{"dtype":"U16","shape":[1],"data_offsets":[1,3]}}"#
  let unknown = #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":1}}"#
  let name = #"{"a b":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#
  for (json, data, expected) in [
    (misaligned, 3, "layout"), (unknown, 0, "entry"), (name, 0, "name"),
  ] {
    let padded = json + String(repeating: " ", count: (8 - json.utf8.count % 8) % 8)
    #expect(code(image(padded, data: data)) == nil)
    #expect(code(image(padded, data: data), .stream) == "safetensors/\(expected)")
  }
  #expect(code(image("{}"), .stream) == "safetensors/layout")
}

@Test func mutatedHeadersNeverCrash() {
  var generator = SeededGenerator(seed: 2)
  let seed = image(
    #"{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}"#, data: 8)
  var refused = 0
  for _ in 0..<amount(4000, soak: 400_000) {
    var bytes = seed
    for _ in 0..<Int.random(in: 1...3, using: &generator) {
      let index = Int.random(in: 0..<bytes.count, using: &generator)
      bytes[index] = UInt8.random(in: 0...255, using: &generator)
    }
    if code(bytes) != nil { refused += 1 }
  }
  #expect(refused > 2000)
}
