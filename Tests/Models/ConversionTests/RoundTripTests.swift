// There and back: no bit of a weight is lost between the layouts.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import InputOutput
import JSON
import Tensors
import TestSupport
import Testing
import Tokenizers

@testable import Conversion

@Suite struct RoundTripTests {
  @Test func theTinyModelComesBack() throws {
    let directory = try TemporaryDirectory()
    let original = try convert(tinyModel, to: .original, in: directory, as: "original")
    let found = try compare(tinyModel, original)
    #expect(found.map(\.part) == [.vision, .projector, .language])
    #expect(found.allSatisfy { $0.hasSameNumbers && $0.differences.isEmpty })
    #expect(found[2].extraRows.map(\.first) == [64, 64])
    #expect(found[2].extraRows.map(\.second) == [0, 0])
    let back = try convert(
      original, to: .huggingFace, in: directory, as: "back", vision: tinyModel)
    let again = try convert(back, to: .original, in: directory, as: "again")
    try expectSameWeights(original, again)
    for name in ["config.json", "tokenizer.json", "tokenizer.model", "tokenizer_config.json"] {
      #expect(try directory.read("original/\(name)") == directory.read("again/\(name)"), "\(name)")
    }
  }

  @Test func theGoldenModelComesBack() throws {
    let directory = try TemporaryDirectory()
    let source = "\(goldenModels)/llava-hf"
    let original = try convert(source, to: .original, in: directory, as: "original")
    let back = try convert(original, to: .huggingFace, in: directory, as: "back", vision: source)
    let again = try convert(back, to: .original, in: directory, as: "again")
    try expectSameWeights(original, again)
    try expectSameWeights(source, try convert(source, to: .huggingFace, in: directory, as: "same"))
  }

  /// LLaVA's own layout has projectors of any depth, and a tower may stay elsewhere.
  @Test func aLinearProjectorKeepsItsLayout() throws {
    let directory = try TemporaryDirectory()
    let source = "\(goldenModels)/llava-original"
    let plain = try convert(source, to: .original, in: directory, as: "plain")
    try expectSameWeights(source, plain, parts: 2)
    #expect(try object("\(plain)/config.json")["unfreeze_mm_vision_tower"] == .bool(false))
    let whole = try convert(
      source, to: .original, in: directory, as: "whole", vision: "\(goldenModels)/clip-42")
    #expect(try compare("\(goldenModels)/clip-42", whole)[0].differences == [])
    #expect(
      try SafetensorsFile(path: "\(whole)/model.safetensors").names
        .contains("model.mm_projector.weight"))
    #expect(
      code {
        try convert(
          source, to: .huggingFace, in: directory, as: "none", vision: "\(goldenModels)/clip-42")
      } == "convert/projector")
    #expect(directory.names == ["plain", "whole"])
  }

  @Test func theToolsReadTheResult() throws {
    let directory = try TemporaryDirectory()
    let original = try convert(tinyModel, to: .original, in: directory, as: "original")
    let path = try convert(
      original, to: .huggingFace, in: directory, as: "back", vision: tinyModel)
    let (found, expected) = (
      try ModelDirectory.open(model: path), try ModelDirectory.open(model: tinyModel)
    )
    #expect(try found.languageConfig() == expected.languageConfig())
    #expect(found.imageToken == 640)
    let (tower, reference) = (try found.visionCheckpoint(), try expected.visionCheckpoint())
    #expect(tower.config == reference.config)
    #expect(tower.preprocessor == reference.preprocessor)
    #expect(try found.projectorCheckpoint().config == expected.projectorCheckpoint().config)
    #expect(try found.languageCheckpoint().weights.canonicalNames.count == 39)
    #expect(
      try Tokenizer.load(directory: path).encode("a blue triangle")
        == Tokenizer.load(directory: tinyModel).encode("a blue triangle"))
  }

  @Test func shardsHoldEveryTensorOnce() throws {
    let directory = try TemporaryDirectory()
    let path = try convert(
      tinyModel, to: .huggingFace, in: directory, as: "shards", shardBytes: 1 << 20)
    let shards = directory.names(in: "shards").filter { $0.hasPrefix("model-") }
    #expect(shards.count > 5)
    #expect(shards.first == "model-00001-of-0000\(shards.count).safetensors")
    let index = try object("\(path)/model.safetensors.index.json")
    let map = try #require(index["weight_map"]?.object)
    #expect(map.members.count == 146)
    #expect(map.keys == map.keys.sorted())
    var total = 0
    for shard in shards {
      let file = try SafetensorsFile(path: "\(path)/\(shard)")
      let size = try file.names.reduce(0) { try $0 + file.tensor(named: $1).byteCount }
      #expect(size <= 1 << 20)
      total += size
      #expect(file.names.allSatisfy { map[$0]?.string == shard })
    }
    #expect(index["metadata"]?.object?["total_size"]?.int == total)
    try expectSameWeights(tinyModel, path)
  }

  @Test func theSameInputGivesTheSameBytes() throws {
    let directory = try TemporaryDirectory()
    for name in ["a", "b"] {
      try convert(
        tinyModel, to: .original, in: directory, as: name, type: .f32, shardBytes: 2 << 20)
    }
    let names = directory.names(in: "a")
    #expect(names.count > 10)
    #expect(names == directory.names(in: "b"))
    for name in names { #expect(try directory.read("a/\(name)") == directory.read("b/\(name)")) }
  }

  @Test func everyFileSaysWhereItIsFrom() throws {
    let directory = try TemporaryDirectory()
    let path = try convert(tinyModel, to: .original, in: directory, as: "out")
    let file = try SafetensorsFile(path: "\(path)/model.safetensors")
    var found: [String: String] = [:]
    for (key, value) in file.metadata { found[key] = value }
    #expect(found["format"] == "pt")
    #expect(found["producer"] == "tests/1")
    #expect(found["source"] == "tiny-llava")
    #expect(found["layout"] == "llava")
    let parts = try Checkpoint.parts(at: tinyModel)
    for part in ModelPart.allCases {
      #expect(try found["source.\(part.rawValue)"] == parts[part]?.identity())
    }
  }
}

extension TemporaryDirectory {
  /// The names in the directory `name` inside, sorted.
  func names(in name: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: file(name))) ?? []).sorted()
  }
}
