// Embeddings, image rows and prompts that lie: the record is skipped, its neighbours are not.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Streams
import Tensors
import TestSupport
import Testing

/// A record of a made-up stream of embeddings for the golden model, whose width is 32.
private struct Projected {
  var prompt = #"{"segments":[{"text":"the"},{"image":0},{"text":"is"}]}"#
  var embeddings = [Float](repeating: 0.25, count: 4 * 32)
  var rows: [Int32] = [4]
  /// What the skip record must say; nil for a record that is answered.
  var code: String?

  static func stream(
    _ records: [Projected], _ type: ElementType, content: String = "projected",
    name: String = "embeddings"
  ) throws -> [UInt8] {
    let sink = MemorySink()
    let schema = StreamSchema([
      StreamSchema.Field(name, type, [nil, 32]),
      StreamSchema.Field("image_rows", .i32, [nil]),
    ])
    let writer = try TensorStreamWriter(
      sink, header: StreamHeader(content: content, schema: schema, producer: "test/1"))
    for (index, record) in records.enumerated() {
      let json = try JSONValue(parsing: Array(#"{"prompt":\#(record.prompt)}"#.utf8))
      let wide = try Tensor(record.embeddings, shape: [record.embeddings.count / 32, 32])
      let narrow = try wide.narrowed(to: type)
      try writer.write(
        id: "\(index)", json: json.object,
        tensors: [
          (name, narrow), ("image_rows", try Tensor(record.rows, shape: [record.rows.count])),
        ])
    }
    try writer.finish()
    return sink.bytes
  }
}

extension Tensor {
  /// The upper halves of the numbers where `type` is BF16.
  fileprivate func narrowed(to type: ElementType) throws -> Tensor {
    guard type == .bf16 else { return self }
    let halves = floatValues.map { UInt16($0.bitPattern >> 16) }
    return try halves.withUnsafeBytes { try Tensor(type, shape: shape, copying: $0) }
  }
}

@Suite struct HostileRecordTests {
  private static func spoiled(by value: Float, at index: Int) -> Projected {
    var record = Projected(code: "decode/not-finite")
    record.embeddings[index] = value
    return record
  }

  private static let lies: [Projected] = [
    spoiled(by: .nan, at: 0),  // before any that the next ones could begin like
    Projected(),
    spoiled(by: .nan, at: 0), spoiled(by: .infinity, at: 127), spoiled(by: -.infinity, at: 60),
    Projected(),
    Projected(rows: [5], code: "stream/image-rows"),
    Projected(rows: [-4], code: "stream/image-rows"),
    Projected(rows: [], code: "stream/image-rows"),
    Projected(rows: [-1, 5], code: "stream/image-rows"),
    Projected(rows: [.max, .max, .max, .max, 4], code: "stream/image-rows"),
    Projected(rows: [.min, .min], code: "stream/image-rows"),
    Projected(rows: [2, 2], code: "prompt/image-count"),
    Projected(rows: [4, 0], code: "prompt/image-count"),
    Projected(prompt: #"{"segments":[{"text":"no image"}]}"#, code: "prompt/image-count"),
    Projected(prompt: #"{"segments":[{"image":1}]}"#, code: "prompt/image-count"),
    Projected(prompt: #"{"segments":[{"image":-1}]}"#, code: "prompt/invalid"),
    Projected(
      prompt: #"{"segments":[{"image":9223372036854775807}]}"#, code: "prompt/invalid"),
    Projected(prompt: #"{"tokens":[1],"image_positions":[1]}"#, code: "prompt/invalid"),
    Projected(prompt: #"{"segments":[]}"#, code: "prompt/image-count"),
    Projected(prompt: #"{"segments":[{"image":0},{"image":0}]}"#),
    Projected(embeddings: [], rows: [0]),
    Projected(prompt: #"{"segments":[{"image":0}]}"#, embeddings: [], rows: [0]),
    Projected(
      prompt: #"{"segments":[],"tokens":[],"image_positions":[0],"image_order":[0]}"#,
      embeddings: [], rows: [0], code: "prompt/empty"),
    Projected(
      prompt: #"{"segments":[{"image":0}"# + String(repeating: #",{"image":0}"#, count: 63) + "]}",
      code: "prompt/too-long"),
    Projected(
      prompt: #"{"segments":[],"tokens":[1,3],"image_positions":[2],"image_order":[0]}"#),
    Projected(
      prompt: #"{"segments":[],"tokens":[1,3],"image_positions":[3],"image_order":[0]}"#,
      code: "prompt/invalid"),
    Projected(
      prompt: #"{"segments":[],"tokens":[1,320],"image_positions":[1],"image_order":[0]}"#,
      code: "prompt/token-range"),
    Projected(
      prompt: #"{"segments":[],"tokens":[1,-1],"image_positions":[1],"image_order":[0]}"#,
      code: "prompt/invalid"),
    Projected(
      prompt: #"{"segments":[],"tokens":[1,2147483648],"image_positions":[1],"image_order":[0]}"#,
      code: "prompt/invalid"),
    Projected(
      prompt: #"{"segments":[],"tokens":[1,1.5],"image_positions":[1],"image_order":[0]}"#,
      code: "prompt/invalid"),
    Projected(
      prompt: #"{"segments":[],"tokens":[9223372036854775808],"image_positions":[1]}"#,
      code: "prompt/invalid"),
    Projected(
      prompt: #"{"segments":[],"tokens":[1],"image_positions":[-9223372036854775808]}"#,
      code: "prompt/invalid"),
    Projected(),
  ]

  @Test(arguments: [ElementType.f32, .bf16], ["--batch 1", "--batch 4 --temperature 1"])
  func liesAreSkippedAndNeighboursAreNot(type: ElementType, options: String) throws {
    let directory = try TemporaryDirectory()
    try directory.write(Projected.stream(Self.lies, type), to: "stream")
    let honest = Self.lies.filter { $0.code == nil }
    for emission in ["", "--emit logits"] {
      let result = try Workbench.run(
        "vicuna-decode --max-tokens 3 \(options) \(emission) stream > out", in: directory)
      #expect(result.status == 1, "\(result.errors.suffix(200))")
      // Logits are not chosen from, so that they need not be finite.
      let skipped = Self.lies.filter { record in
        record.code != nil && (emission == "" || record.code != "decode/not-finite")
      }.count
      let counts = "vicuna-decode: \(Self.lies.count - skipped) done, \(skipped) skipped\n"
      #expect(result.errors.suffix(counts.count) == counts)
    }
    let result = try Workbench.run(
      "vicuna-decode -q --max-tokens 3 \(options) stream", in: directory)
    let objects = try result.objects()
    #expect(objects.map { $0["skipped"]?.object?["code"]?.string } == Self.lies.map(\.code))
    try directory.write(Projected.stream(honest, type), to: "honest")
    let alone = try Workbench.run(
      "vicuna-decode -q --max-tokens 3 --batch 1 honest", in: directory)
    #expect(alone.status == 0)
    if options == "--batch 1" {
      let texts = objects.filter { $0["skipped"] == nil }.map { $0["text"] }
      #expect(try alone.objects().map { $0["text"] } == texts)
    }
  }

  /// What is no number makes none: it is said where it arises.
  @Test func featuresThatAreNoNumbersAreSkipped() throws {
    let directory = try TemporaryDirectory()
    let records = [Projected(), Self.spoiled(by: .nan, at: 5), Self.spoiled(by: .infinity, at: 9)]
    try directory.write(
      Projected.stream(records, .bf16, content: "clip-features", name: "features"), to: "stream")
    let result = try Workbench.run(
      "llava-project stream | vicuna-decode -q --max-tokens 2; echo ${PIPESTATUS[0]}",
      in: directory)
    let lines = result.text.split(separator: "\n")
    #expect(lines.count == 4 && lines.last == "1", "\(result.errors)")
    #expect(lines.map { $0.contains("tensor/not-finite") } == [false, true, true, false])
  }
}
