// Parts whose tensors or widths are not those that were promised.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

struct MismatchTests {
  @Test func tablesEveryDifference() throws {
    let directory = try Fixture.llava {
      $0.removeAll {
        $0.name == "language.norm.weight" || $0.name.hasSuffix("mlp.up_proj.weight")
      }
      for index in $0.indices {
        if $0[index].name == "language.layers.1.self_attn.q_proj.weight" {
          $0[index].shape = [16, 15]
        }
        if $0[index].name == "language.embed_tokens.weight" { $0[index].shape = [39, 16] }
        if $0[index].name == "language.layers.0.mlp.down_proj.weight" { $0[index].type = "I8" }
      }
      $0.append(FixtureTensor(name: "language.layers.2.extra", shape: [1]))
    }
    let model = try ModelDirectory.open(model: directory.path)
    let failure = try failure { try model.languageCheckpoint() }
    #expect(failure.status == .mismatch)
    #expect(failure.code == "checkpoint/tensors")
    let lines = failure.message.split(separator: "\n").map {
      $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }
    #expect(
      Set(lines.dropFirst()) == [
        "tensor expected found",
        "language.norm.weight [16] missing",
        "language.layers.0-1.mlp.up_proj.weight [24, 16] missing",
        "language.layers.1.self_attn.q_proj.weight [16, 16] [16, 15]",
        "language.embed_tokens.weight [40, 16] or more rows [39, 16]",
        "language.layers.0.mlp.down_proj.weight F32, F16 or BF16 I8",
        "language.layers.2.extra none [1]",
      ])
    // The other parts are whole.
    #expect(try model.visionCheckpoint().blocks == 2)
    #expect(try model.projectorCheckpoint().config.depth == 2)
  }

  @Test(arguments: [
    ("num_hidden_layers", "1024"), ("intermediate_size", "25"), ("vocab_size", "41"),
    ("num_key_value_heads", "4"), ("head_dim", "8"), ("hidden_size", "32"),
  ])
  func aConfigurationThatLiesIsCaughtByTheTensors(key: String, value: String) throws {
    var object = try Fixture.object(Fixture.llavaJSON)
    var text = try #require(object["text_config"]?.object)
    text[key] = .int(try #require(Int(value)))
    object["text_config"] = .object(text)
    let json = String(
      decoding: JSONValue.object(object).serialized(), as: UTF8.self)
    let directory = try Fixture.llava(config: json)
    let model = try ModelDirectory.open(model: directory.path)
    let failure = try failure { try model.languageCheckpoint() }
    #expect(failure.status == .mismatch)
    #expect(failure.message.utf8.count < 4000)
  }

  /// Widths of vision, projector and language model; whether they fit.
  @Test(arguments: [
    (8, 8, 16, 16, true), (8, 8, 16, 32, false), (4, 8, 16, 16, false), (4, 8, 32, 16, false),
  ])
  func comparesNeighbours(vision: Int, input: Int, output: Int, language: Int, fits: Bool) throws {
    var tower = Fixture.vision
    tower.width = vision
    var model = Fixture.language
    model.width = language
    let projector = ProjectorConfig(depth: 2, inputWidth: input, outputWidth: output)
    let check = {
      try ModelDirectory.checkFit(vision: tower, projector: projector, language: model)
    }
    if fits {
      try check()
    } else {
      let failure = try failure(check)
      #expect(failure.status == .mismatch)
      #expect(failure.code == "checkpoint/parts")
    }
  }

  @Test func theTableStaysShort() throws {
    var table = MismatchTable()
    for index in 0..<500 { table.add("vision.x\(index)", expected: "none", found: "[1]") }
    table.add("vision.\u{1b}[31m", expected: "none", found: "[1]")
    #expect(table.lines.count == MismatchTable.lineLimit + 2)
    #expect(table.lines.last == "  and 401 more")
    var layers = MismatchTable()
    for layer in [0, 1, 2, 5, 7, 8] {
      layers.add("vision.layers.\(layer).a", expected: "[1]", found: "missing")
    }
    #expect(layers.lines.last?.contains("vision.layers.0-2,5,7-8.a") == true)
  }
}
