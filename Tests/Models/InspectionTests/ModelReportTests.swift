// What a directory is, which parts it lacks, and where they are said to be.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import InputOutput
import JSON
import Tensors
import TestSupport
import Testing

@testable import Inspection

@Suite struct ModelReportTests {
  private let tiny = "\(packageRoot)/examples/tiny-llava"
  private let golden = "\(packageRoot)/Tests/Golden/models"

  @Test func aWholeModelIsOne() throws {
    let report = ModelReport(of: [tiny])
    #expect(report.isComplete)
    #expect(report.options == ["-m", tiny])
    #expect(report.sources.map(\.kind) == ["LLaVA, layout of llava-hf"])
    #expect(report.parts.map { $0.details?.parameters } == [1_273_856, 61_824, 1_844_928])
    let image = try #require(report.images)
    #expect(image.rows == 64 && image.blocks == 5 && !image.isMarked)
    #expect(try report.tokenizer.get().tokens == 642)
    for line in [
      "projector       mlp2x_gelu, 128 to 192\n", "1,844,928 parameters, BF16\n",
      "options         -m \(tiny)\n", "whole           a model: all parts are here and fit\n",
    ] {
      #expect(report.text.contains(line), "\(line)")
    }
  }

  @Test func jsonSaysTheSame() throws {
    let json = ModelReport(of: [tiny]).json
    #expect(json["complete"] == .bool(true))
    #expect(json["vision"]?.object?["config"]?.object?["image_size"] == .int(112))
    #expect(json["language"]?.object?["formats"]?.object?["BF16"] == .int(1_844_928))
    #expect(json["projector"]?.object?["identity"]?.string?.hasPrefix("sha256:") == true)
    #expect(json["sources"]?.array?.first?.object?["layout"] == .string("llava-hf"))
    #expect(json["problems"] == .array([]))
    let missing = ModelReport(of: ["\(golden)/llava-original"]).json
    #expect(missing["complete"] == .bool(false))
    let vision = missing["vision"]?.object?["missing"]?.object
    #expect(vision?["code"] == .string("checkpoint/no-part"))
    #expect(vision?["remedy"]?.string?.contains("--vision") == true)
  }

  @Test func partsOfSeveralDirectoriesCountTogether() throws {
    let (model, clip) = ("\(golden)/llava-original", "\(golden)/clip-42")
    for paths in [[model, clip], [clip, model]] {
      let report = ModelReport(of: paths)
      #expect(report.options == ["-m", model, "--vision", clip])
      #expect(report.parts.allSatisfy { $0.details != nil })
      // Neither has a tokenizer.
      #expect(report.problems.map(\.code) == ["checkpoint/no-tokenizer"])
    }
  }

  @Test func whatCannotBeUsedSaysWhyAndIsNotUsed() throws {
    let adapter = try TemporaryDirectory()
    try adapter.write("{}", to: "adapter_config.json")
    let report = ModelReport(of: [adapter.path, "/nowhere", tiny])
    #expect(report.options == ["-m", tiny])
    #expect(report.problems.map(\.code) == ["checkpoint/no-weights", "checkpoint/not-found"])
    #expect(!report.isComplete)
    let alone = ModelReport(of: [adapter.path])
    #expect(alone.options == nil)
    #expect(alone.text.contains("adapter_model.safetensors"))
    #expect(alone.text.hasSuffix("whole           no model: nothing here can be used\n"))
    #expect(alone.problems.map(\.code) == ["checkpoint/no-weights"])
  }

  /// What goes with a model is no broken model.
  @Test(arguments: ["projector-inside", "stabilised"])
  func anAdapterByItselfIsNoProblem(name: String) throws {
    let path = "\(packageRoot)/Tests/Golden/adapters/\(name)"
    try expectAddition(path, "an adapter")
    #expect(ModelReport(of: [path]).text.contains("vicuna-decode   --lora \(path)\n"))
    #expect(!ModelReport(of: [path, tiny]).isAddition)
  }

  @Test func aProjectorByItselfIsNoProblem() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("mm_projector.safetensors")
    let weights = try [Float](repeating: 1, count: 4).withUnsafeBytes {
      try Tensor(.f32, shape: [2, 2], copying: $0)
    }
    let bias = try [Float.zero, 0].withUnsafeBytes { try Tensor(.f32, shape: [2], copying: $0) }
    try SafetensorsWriter.write(
      ["mm_projector.weight": weights, "mm_projector.bias": bias], metadata: [], to: path)
    try expectAddition(path, "a projector")
    #expect(ModelReport(of: [path]).text.contains("options         --projector \(path)\n"))
    // A file that lacks what makes it a projector is a problem, as ever.
    try SafetensorsWriter.write(["mm_projector.bias": bias], metadata: [], to: path)
    #expect(!ModelReport(of: [path]).problems.isEmpty)
    try SafetensorsWriter.write([:], metadata: [], to: path)
    #expect(ModelReport(of: [path]).text.contains("whole           no model: \(path): expected"))
  }

  private func expectAddition(_ path: String, _ what: String) throws {
    let report = ModelReport(of: [path])
    #expect(report.problems.isEmpty && report.isAddition && !report.isComplete)
    let text = report.text
    let end = "whole           \(what) by itself; name a model with it to see whether they fit\n"
    #expect(text.hasSuffix(end), "\(text)")
    for absent in ["missing", "to do", "tokenizer", "template", "options         \n"] {
      #expect(!text.contains(absent), "\(absent): \(text)")
    }
  }

  /// `inspect` has no options for parts: its advice is to name another path.
  @Test func adviceIsWhatInspectTakes() throws {
    let report = ModelReport(of: ["\(golden)/llava-original"])
    #expect(
      report.problems.map(\.remedy) == [
        "name a directory that holds it here, too (the other tools take it with --vision)",
        "copy it from the checkpoint that the language model came from",
      ])
    #expect(
      ModelReport(of: ["\(golden)/clip-42"]).problems.map(\.remedy) == [
        "name a directory that holds one here, too (the other tools take it with --projector)",
        "name a directory that holds one here, too (the other tools take it with --language)",
        "copy it from the checkpoint that the language model came from",
      ])
  }

  @Test func aThoroughLookReadsEverything() throws {
    var steps: [Int] = []
    var total = 0
    let report = ModelReport(of: [tiny], isThorough: true) { done, whole in
      steps.append(done)
      total = whole
    }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(tiny)/model.safetensors"))
    var hash = SHA256()
    hash.update(Array(bytes))
    #expect(report.sources[0].files[0].digest == hash.hexadecimal())
    #expect(total == 3 * bytes.count && steps == steps.sorted())
    #expect(try #require(steps.last) <= total)
    #expect(report.parts.allSatisfy { $0.details?.nonFinite?.isEmpty == true })
    #expect(ModelReport(of: [tiny]).sources[0].files[0].digest == nil)
  }

  /// The hub's cache and Ollama call a file after its SHA-256.
  @Test func storesAreHeldToTheirDigests() throws {
    let directory = try TemporaryDirectory()
    let bytes = try readWholeFile("\(tiny)/model.safetensors", limit: 1 << 24)
    try directory.write(
      readWholeFile("\(tiny)/config.json", limit: 1 << 20), to: "config.json")
    var hash = SHA256()
    hash.update(bytes)
    let digest = hash.hexadecimal()
    for (name, isSound) in [
      (digest, true), ("sha256-\(digest)", true), (String(repeating: "0", count: 64), false),
      ("sha256-" + String(repeating: "a", count: 64), false), ("weights", true),
    ] {
      try directory.write(bytes, to: name)
      unlink(directory.file("model.safetensors"))
      #expect(symlink(name, directory.file("model.safetensors")) == 0)
      let problem = ModelReport(of: [directory.path], isThorough: true).sources[0].problem
      #expect((problem == nil) == isSound, "\(name)")
      if let problem { #expect(problem.code == "checkpoint/digest") }
      #expect(ModelReport(of: [directory.path]).sources[0].problem == nil)
    }
  }

  @Test func adaptersAreHeldToWhatTheySayOfThemselves() throws {
    let source = "\(packageRoot)/Tests/Golden/adapters/projector-inside"
    let directory = try TemporaryDirectory()
    let name = "adapter_config.json"
    let config = String(
      decoding: try readWholeFile("\(source)/\(name)", limit: 1 << 20), as: UTF8.self)
    try directory.write(
      readWholeFile("\(source)/adapter_model.safetensors", limit: 1 << 24),
      to: "adapter_model.safetensors")
    try directory.write(config, to: name)
    #expect(ModelReport(of: [directory.path]).problems.isEmpty)
    let other = config.replacing(#/"r": *\d+/#, with: #""r": 7"#)
    #expect(other != config)
    try directory.write(other, to: name)
    let report = ModelReport(of: [directory.path])
    #expect(report.adapterProblem?.code == "checkpoint/tensors")
    #expect(report.adapterProblem?.message.contains("[7, any]") == true)
  }

  @Test func infiniteWeightsAreCounted() throws {
    let directory = try TemporaryDirectory()
    let values: [Float] = [1, .nan, -.infinity, 2]
    let tensor = try values.withUnsafeBytes { try Tensor(.f32, shape: [2, 2], copying: $0) }
    let bias = try [Float.zero, 0].withUnsafeBytes { try Tensor(.f32, shape: [2], copying: $0) }
    let path = directory.file("mm_projector.safetensors")
    try SafetensorsWriter.write(
      [
        "mm_projector.weight": tensor, "mm_projector.bias": bias,
        "model.embed_tokens.weight": tensor,
      ],
      metadata: [(key: "made\u{1b}[2J", value: "by hand")], to: path)
    let report = ModelReport(of: [path], isThorough: true)
    let details = try #require(report.parts[1].details)
    #expect(details.nonFinite?.map(\.name) == ["projector.0.weight"])
    #expect(details.nonFinite?.map(\.count) == [2])
    #expect(report.sources[0].survey.parts == [.projector])
    #expect(report.sources[0].kind.contains("with rows for <im_start>"))
    #expect(report.text.contains("projector.0.weight: 2 elements NaN or infinity\n"))
    #expect(report.problems.contains { $0.code == "checkpoint/not-finite" })
    #expect(!ModelReport(of: [path]).problems.contains { $0.code == "checkpoint/not-finite" })
    #expect(report.options == ["--projector", path])
    #expect(report.text.contains("made\\u{1b}[2J: by hand"))
  }

  @Test func optionsAreQuotedForAShell() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("it's here")
    try FileManager.default.copyItem(atPath: tiny, toPath: path)
    let quoted = "'\(directory.path)/it'\\''s here'"
    #expect(ModelReport(of: [path]).text.contains("options         -m \(quoted)\n"))
  }
}
