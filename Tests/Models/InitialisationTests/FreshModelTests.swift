// New models: every tensor of the right shape, drawn as it should be, the same every time.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import InputOutput
import Tensors
import TestSupport
import Testing

@testable import Initialisation

@Suite struct FreshModelTests {
  private let tiny = "\(packageRoot)/examples/tiny-llava"

  private func make(
    _ shapes: String, in directory: TemporaryDirectory, as name: String = "fresh",
    tower: String? = nil, seed: UInt64 = 3, type: ElementType? = .f32
  ) throws -> String {
    var checkpoint: VisionCheckpoint?
    if let tower {
      checkpoint = try ModelDirectory.open(model: nil, vision: tower).visionCheckpoint()
    }
    let model = try FreshModel(
      ModelShapes(shapes), tower: checkpoint, seed: seed, elementType: type)
    var written = 0
    try model.write(to: directory.file(name), producer: "tests/1") { written += $0 }
    #expect(written == model.byteCount)
    return directory.file(name)
  }

  private func bytes(_ path: String) throws -> [UInt8] {
    try readWholeFile("\(path)/model.safetensors", limit: 1 << 30)
  }

  private func code(_ body: () throws -> Void) -> String? {
    do { try body() } catch let failure as Failure { return failure.code } catch {
      return "\(error)"
    }
    return nil
  }

  @Test func allPartsOpenAndTheTowerIsTheOneThatWasGiven() throws {
    let directory = try TemporaryDirectory()
    let fresh = try make(tiny, in: directory, tower: tiny)
    let parts = try ModelDirectory.open(model: fresh)
    _ = try parts.languageCheckpoint().parameters()
    _ = try parts.projectorCheckpoint().parameters()
    let tower = try parts.visionCheckpoint()
    let given = try ModelDirectory.open(model: nil, vision: tiny).visionCheckpoint()
    for name in given.weights.canonicalNames {
      let difference = try tower.weights.tensor(name)
        .difference(from: given.weights.tensor(name))
      #expect(difference.count == 0, "\(name)")
    }
    #expect(try parts.tokenizerPath() == fresh)
  }

  @Test func sameSeedSameBytesAnotherSeedOthers() throws {
    let directory = try TemporaryDirectory()
    let first = try bytes(make(tiny, in: directory, as: "a"))
    #expect(try bytes(make(tiny, in: directory, as: "b")) == first)
    #expect(try bytes(make(tiny, in: directory, as: "c", seed: 4)) != first)
  }

  /// 640 x 192 numbers: their deviation is known to within a few thousandths.
  @Test func matricesAreNormalAndGainsAreOne() throws {
    let directory = try TemporaryDirectory()
    let weights = try ModelDirectory.open(model: make(tiny, in: directory)).languageCheckpoint()
      .weights
    let drawn = try weights.tensor("language.embed_tokens.weight").floatValues.map(Double.init)
    let mean = drawn.reduce(0, +) / Double(drawn.count)
    let deviation = (drawn.reduce(0) { $0 + $1 * $1 } / Double(drawn.count)).squareRoot()
    let fourth = drawn.reduce(0) { $0 + $1 * $1 * $1 * $1 } / Double(drawn.count)
    #expect(abs(mean) < 2e-4)
    #expect(abs(deviation - 0.02) < 2e-4)
    // Of a normal distribution it is 3 deviations to the fourth, of a uniform one 1.8.
    #expect(abs(fourth / (deviation * deviation * deviation * deviation) - 3) < 0.1)
    #expect(try weights.tensor("language.norm.weight").floatValues.allSatisfy { $0 == 1 })
    let other = try weights.tensor("language.lm_head.weight").floatValues.map(Double.init)
    #expect(other != drawn)
  }

  @Test func projectorIsUniformWithinPyTorchsBound() throws {
    let directory = try TemporaryDirectory()
    let weights = try ModelDirectory.open(model: make(tiny, in: directory)).projectorCheckpoint()
      .weights
    for (name, inputs) in [("projector.0.weight", 128.0), ("projector.2.bias", 192.0)] {
      let largest = try weights.tensor(name).floatValues.map(abs).max() ?? 0
      let bound = Float(1 / inputs.squareRoot())
      #expect(largest <= bound && largest > 0.9 * bound, "\(name)")
    }
  }

  @Test func drawnTowerHasClipsDeviations() throws {
    let directory = try TemporaryDirectory()
    let weights = try ModelDirectory.open(model: make(tiny, in: directory)).visionCheckpoint()
      .weights
    func deviation(_ name: String) throws -> Double {
      let values = try weights.tensor(name).floatValues.map(Double.init)
      return (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
    }
    let width = 1 / 128.0.squareRoot()
    #expect(abs(try deviation("vision.patch_embedding.weight") - 0.02) < 5e-4)
    #expect(abs(try deviation("vision.layers.0.self_attn.out_proj.weight") / width - 1) < 0.03)
    #expect(
      abs(try deviation("vision.layers.5.self_attn.q_proj.weight") / width - 1 / 12.0.squareRoot())
        < 0.01)
    #expect(
      abs(try deviation("vision.layers.2.mlp.fc1.weight") / width - 0.5.squareRoot()) < 0.02)
    #expect(try deviation("vision.layers.2.mlp.fc1.bias") == 0)
    #expect(try deviation("vision.pre_layernorm.weight") == 1)
  }

  @Test(arguments: ["llama-tied", "llava-hf"])
  func goldenShapesOpen(name: String) throws {
    let directory = try TemporaryDirectory()
    let fresh = try make("\(packageRoot)/Tests/Golden/models/\(name)", in: directory)
    let language = try ModelDirectory.open(model: fresh).languageCheckpoint()
    #expect(try language.parameters().named.isEmpty == false)
    #expect(try language.hasOwnHead() == !language.config.tiesEmbeddings)
  }

  @Test func typeOfTheWeightsStandsInTheConfiguration() throws {
    let directory = try TemporaryDirectory()
    let asNamed = try make(tiny, in: directory, as: "named", type: nil)
    let wide = try make(tiny, in: directory, as: "wide", type: .f32)
    for (path, type, name) in [(asNamed, ElementType.bf16, "bfloat16"), (wide, .f32, "float32")] {
      let weights = try ModelDirectory.open(model: path).languageCheckpoint().weights
      #expect(try weights.tensor("language.norm.weight").elementType == type)
      let object = try readObject("\(path)/config.json", limit: 1 << 20)
      #expect(object["torch_dtype"]?.string == name)
      #expect(object["text_config"]?.object?["torch_dtype"]?.string == name)
    }
  }

  @Test func refusalsSayWhy() throws {
    let directory = try TemporaryDirectory()
    #expect(code { _ = try ModelShapes(directory.path) } == "init/config")
    #expect(code { _ = try ModelShapes(directory.file("nowhere")) } == "init/config")
    let golden = "\(packageRoot)/Tests/Golden/models/llava-hf"
    #expect(code { _ = try make(tiny, in: directory, tower: golden) } == "init/tower")
    let named = directory.file("named")
    try FileManager.default.createDirectory(atPath: named, withIntermediateDirectories: true)
    try #"{"model_type":"llava_llama","mm_vision_tower":"openai/x","mm_hidden_size":8}"#.write(
      toFile: "\(named)/config.json", atomically: true, encoding: .utf8)
    #expect(code { _ = try ModelShapes(named) } == "init/config")
    #expect(code { _ = try make(tiny, in: directory, as: "") } != nil)
    let config = try String(contentsOfFile: "\(tiny)/config.json", encoding: .utf8)
    for deviation in ["-1", "0", "1e39", "\"a\"", "null"] {
      try config.replacing(
        "\"text_config\": {", with: "\"text_config\": {\"initializer_range\": \(deviation),"
      )
      .write(toFile: "\(named)/config.json", atomically: true, encoding: .utf8)
      #expect(code { _ = try ModelShapes(named) } == "init/config", "\(deviation)")
    }
  }
}
