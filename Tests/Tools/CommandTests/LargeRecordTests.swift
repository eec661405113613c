// Small records that grow: what would be too large is refused by its shape, before memory is taken.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Streams
import Tensors
import TestSupport
import Testing

@Suite struct LargeRecordTests {
  /// Rows of zeros of the golden model's width that take 256 MiB in bf16, some kilobytes compressed.
  private static let rows = 4 << 20

  private func stream(_ content: String, _ name: String, in directory: TemporaryDirectory) throws {
    let sink = MemorySink()
    let schema = StreamSchema([
      StreamSchema.Field(name, .bf16, [nil, 32]), StreamSchema.Field("image_rows", .i32, [nil]),
    ])
    let writer = try TensorStreamWriter(
      sink, header: StreamHeader(content: content, schema: schema, producer: "test/1"))
    let prompt = try JSONValue(parsing: Array(#"{"prompt":{"segments":[{"image":0}]}}"#.utf8))
      .object
    for (id, rows) in [("large", Self.rows), ("small", 4)] {
      try writer.write(
        id: id, json: prompt,
        tensors: [
          (name, try Tensor(.bf16, shape: [rows, 32])),
          ("image_rows", try Tensor([Int32(rows)], shape: [1])),
        ])
    }
    try writer.finish()
    #expect(sink.bytes.count < 64 << 10)
    try directory.write(sink.bytes, to: "stream")
  }

  /// The status, the codes of the skips, and the most memory of `tool` in KiB.
  private func run(_ tool: String, in directory: TemporaryDirectory) throws -> (Int32, String, Int)
  {
    let result = try Workbench.run(
      """
      \(tool) stream > out 2> errors & pid=$!
      peak=0
      while now=$(awk '$1 == "VmHWM:" { print $2 }' /proc/$pid/status 2> /dev/null); [ -n "$now" ]
      do peak=$now; sleep 0.02; done
      wait $pid; status=$?
      echo $peak; exit $status
      """, in: directory)
    let errors = String(decoding: try directory.read("errors"), as: UTF8.self)
    return (result.status, errors, Int(result.text.split(separator: "\n").last ?? "") ?? .max)
  }

  private static let input = 256 << 10
  private static let slack = 160 << 10

  @Test func projectingRefusesBeforeItWidens() throws {
    let directory = try TemporaryDirectory()
    try stream("clip-features", "features", in: directory)
    // The record fits as it comes, and would not in f32.
    let (status, errors, peak) = try run(
      "llava-project --precision f32 --max-record 300M", in: directory)
    #expect(status == 1)
    #expect(errors.contains("stream: record 1 id=large: expected a record of at most 314572800"))
    #expect(errors.contains("1 done, 1 skipped"))
    #expect(peak < Self.input + Self.slack, "\(peak) KiB")
    // Where it fits, only the result is there besides.
    let (fine, _, most) = try run("llava-project", in: directory)
    #expect(fine == 0 && most < 2 * Self.input + Self.slack, "\(most) KiB")
  }

  @Test func decodingRefusesBeforeItWidens() throws {
    let directory = try TemporaryDirectory()
    try stream("projected", "embeddings", in: directory)
    for emission in ["text", "logits"] {
      let (status, errors, peak) = try run(
        "vicuna-decode --max-tokens 1 --emit \(emission)", in: directory)
      #expect(status == 1)
      #expect(errors.contains("takes \(Self.rows) positions, the model has 256"), "\(errors)")
      #expect(errors.contains("1 done, 1 skipped"))
      #expect(peak < Self.input + Self.slack, "\(peak) KiB")
    }
  }

  @Test func encodingRefusesBeforeItReads() throws {
    let directory = try Workbench.bare()
    let paths = (0..<1000).map { _ in "\"grey.jpg\"" }.joined(separator: ",")
    try directory.write(
      "{\"id\":\"large\",\"image\":[\(paths)]}\n{\"image\":\"grey.jpg\"}\n", to: "lines")
    for emission in ["features", "pixels"] {
      let found = try Workbench.run(
        "clip-encode --max-record 64K --emit \(emission) lines > out", in: directory)
      #expect(found.status == 1)
      #expect(
        found.errors.contains("lines: line 1 id=large: expected a record of at most 65536 bytes"))
      #expect(found.errors.contains("1 done, 1 skipped"))
    }
  }
}
