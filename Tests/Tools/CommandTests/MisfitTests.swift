// Parts and streams that do not fit each other: one table, status 6, and nothing is written.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import InputOutput
import Streams
import Tensors
import TestSupport
import Testing

@Suite struct MisfitTests {
  private static let tools = [
    "clip-encode good", "llava-project features", "vicuna-decode projected",
  ]

  /// `wide-vision` and `wide-language`: the golden model with another width in that part's
  /// configuration; `original`: LLaVA's layout, whose projector takes features of width 48.
  private func models() throws -> TemporaryDirectory {
    let directory = try Workbench.bare()
    try directory.write("grey.jpg\n", to: "good")
    for (name, model, change) in [
      ("wide-vision", "llava-hf", #"/vision_config/,$ s/"hidden_size": 32/"hidden_size": 64/"#),
      (
        "wide-language", "llava-hf",
        #"/text_config/,/vision_config/ s/"hidden_size": 32/"hidden_size": 64/"#
      ), ("original", "llava-original", #"s/"mm_hidden_size": 32/"mm_hidden_size": 48/"#),
    ] {
      let result = try Workbench.run(
        """
        cp -r "$MODELS/\(model)" \(name) && sed -i '\(change)' \(name)/config.json
        ! cmp -s \(name)/config.json "$MODELS/\(model)/config.json"
        """, in: directory)
      try #require(result.status == 0, "\(result.errors)")
    }
    for (name, content, tensor) in [
      ("features", "clip-features", "features"), ("projected", "projected", "embeddings"),
    ] {
      try directory.write(stream(content, tensor, width: 24), to: name)
    }
    return directory
  }

  /// A stream of one record, of a width that no golden model has.
  private func stream(_ content: String, _ tensor: String, width: Int) throws -> [UInt8] {
    let sink = MemorySink()
    let schema = StreamSchema([
      StreamSchema.Field(tensor, .f32, [nil, width]), StreamSchema.Field("image_rows", .i32, [nil]),
    ])
    let writer = try TensorStreamWriter(
      sink, header: StreamHeader(content: content, schema: schema, producer: "test/1"))
    let numbers = try Tensor([Float](repeating: 0, count: width), shape: [1, width])
    try writer.write(
      id: "a", json: nil,
      tensors: [(tensor, numbers), ("image_rows", try Tensor([1 as Int32], shape: [1]))])
    try writer.finish()
    return sink.bytes
  }

  /// `rows`: the lines of the table below its head, blanks made one.
  private func expectTable(_ command: String, _ directory: TemporaryDirectory, rows: [String])
    throws
  {
    let result = try Workbench.run(command, in: directory)
    #expect(result.status == 6, "\(command): \(result.errors)")
    #expect(result.output.isEmpty, "\(command)")
    let lines = result.errors.split(separator: "\n").map {
      $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }
    let head = try #require(lines.firstIndex { $0.hasSuffix(" expected found") }, "\(lines)")
    #expect(lines[(head + 1)...].filter { !$0.hasPrefix("(") } == rows)
  }

  @Test(arguments: tools)
  func partsOfOtherWidthsAreTold(tool: String) throws {
    let directory = try models()
    let features = "features width 32 by the projector width 64 of the vision tower"
    let embeddings = "embeddings width 64 by the language model width 32 of the projector"
    let original = "--vision $MODELS/clip-42 --projector original"
    for (options, rows) in [
      ("--projector $LLAVA_MODEL --vision wide-vision", [features]),
      ("--projector $LLAVA_MODEL --language wide-language", [embeddings]),
      (
        "--projector $LLAVA_MODEL --vision wide-vision --language wide-language",
        [features, embeddings]
      ), (original, ["features width 48 by the projector width 32 of the vision tower"]),
    ] {
      try expectTable("\(tool) \(options)", directory, rows: rows)
    }
  }

  /// The configuration agrees with itself, the weights do not agree with it.
  @Test func tensorsOfOtherShapesAreTold() throws {
    let directory = try models()
    try expectTable(
      "llava-project -m wide-vision features", directory,
      rows: ["projector.0.weight [32, 64] [32, 32]"])
    try expectTable(
      "llava-project -m wide-language features", directory,
      rows: [
        "projector.0.weight [64, 32] [32, 32]", "projector.0.bias [64] [32]",
        "projector.2.weight [64, 64] [32, 32]", "projector.2.bias [64] [32]",
      ])
    for (tool, model) in [
      ("clip-encode good", "wide-vision"), ("vicuna-decode projected", "wide-language"),
    ] {
      let result = try Workbench.run("\(tool) -m \(model)", in: directory)
      #expect(result.status == 6 && result.output.isEmpty)
      #expect(result.errors.contains(#/tensor +expected +found\n/#), "\(result.errors)")
    }
  }

  @Test(arguments: [
    ("llava-project features", "expected features of width 32, found 24"),
    ("vicuna-decode projected", "expected embeddings of width 32, found 24"),
  ])
  func aStreamOfAnotherWidthIsTold(command: String, message: String) throws {
    let result = try Workbench.run(command, in: try models())
    #expect(result.status == 6 && result.output.isEmpty)
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(result.errors.split(separator: "\n").count == 1)
  }
}
