// What cannot be converted is refused by name, and leaves nothing behind.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import InputOutput
import JSON
import Tensors
import TestSupport
import Testing

@testable import Conversion

@Suite struct HostileTests {
  @Test(arguments: [ElementType.f16, .bf16, .f32])
  func typesChangeAndNumbersAreTheNearest(type: ElementType) throws {
    let directory = try TemporaryDirectory()
    let path = try convert(tinyModel, to: .huggingFace, in: directory, as: "out", type: type)
    let parts = try Checkpoint.parts(at: path)
    for (_, weights) in parts {
      for name in weights.canonicalNames { #expect(weights.entry(name)?.elementType == type) }
    }
    let name = try object("\(path)/config.json")["torch_dtype"]?.string
    #expect(name == [.f16: "float16", .bf16: "bfloat16", .f32: "float32"][type])
    let found = try compare(tinyModel, path)
    switch type {
    case .bf16: #expect(found.allSatisfy { $0.differences.isEmpty })
    case .f32:
      #expect(found.allSatisfy { $0.hasSameNumbers && $0.differences.count == $0.tensors })
      let back = try convert(path, to: .huggingFace, in: directory, as: "back", type: .bf16)
      try expectSameWeights(tinyModel, back)
    default:
      // BF16's small numbers lie between F16's; none is farther away than half a step.
      let differences = found.flatMap(\.differences)
      #expect(!differences.isEmpty)
      for case .values(_, _, let largest) in differences.map(\.kind) { #expect(largest < 1e-3) }
    }
  }

  @Test func aNumberBeyondTheRangeIsRefused() throws {
    let directory = try TemporaryDirectory()
    let source = try variant(in: directory) { tensors in
      tensors["model.norm.weight"] = try Tensor(
        [Float](repeating: 1, count: 191) + [70_000], shape: [192])
    }
    do {
      try convert(source, to: .original, in: directory, as: "out", vision: tinyModel, type: .f16)
      Issue.record("70000 fits into F16")
    } catch let failure as Failure {
      #expect(failure.code == "convert/overflow")
      #expect(failure.status == .mismatch)
      #expect(failure.message.contains("language.norm.weight"))
      #expect(failure.message.contains("70000"))
    }
    #expect(directory.names == ["variant"])
    try convert(source, to: .original, in: directory, as: "out", vision: tinyModel, type: .bf16)
  }

  @Test func partsThatAreMissingAreNamed() throws {
    let directory = try TemporaryDirectory()
    #expect(
      code { try convert("\(goldenModels)/llama-tied", to: .original, in: directory, as: "out") }
        == "checkpoint/no-part")
    let bare = try variant(in: directory) { tensors in
      for name in tensors.keys where name.hasPrefix("model.vision_tower.") { tensors[name] = nil }
    }
    #expect(
      code { try convert(bare, to: .huggingFace, in: directory, as: "out") } == "checkpoint/no-part"
    )
    for name in ["tokenizer.model", "tokenizer.json"] {
      try FileManager.default.removeItem(atPath: "\(bare)/\(name)")
    }
    #expect(
      code { try convert(bare, to: .huggingFace, in: directory, as: "out", vision: tinyModel) }
        == "checkpoint/no-tokenizer")
    // LLaVA's own layout needs none to hold the weights.
    try expectSameWeights(
      bare, try convert(bare, to: .original, in: directory, as: "out"), parts: 2)
  }

  @Test func outputsThatAreInTheWayStay() throws {
    let directory = try TemporaryDirectory()
    let source = try variant(in: directory)
    try directory.write("mine", to: "file")
    let before = directory.names(in: "variant")
    for (name, expected) in [
      ("variant", "usage/exists"), ("file", "usage/exists"), ("variant/out", "usage/same-file"),
      ("none/out", "io/create"), ("", "usage/exists"),
    ] {
      #expect(
        code { try convert(source, to: .original, in: directory, as: name, vision: tinyModel) }
          == expected, "\(name)")
    }
    #expect(directory.names == ["file", "variant"])
    #expect(directory.names(in: "variant") == before)
    #expect(try directory.read("file") == Array("mine".utf8))
    // A directory that is there and empty is taken.
    try FileManager.default.createDirectory(
      atPath: directory.file("empty"), withIntermediateDirectories: false)
    try convert(source, to: .original, in: directory, as: "empty/", vision: tinyModel)
    try expectSameWeights(source, directory.file("empty"))
  }

  @Test func aSourceThatChangesIsNoticed() throws {
    let directory = try TemporaryDirectory()
    let source = try variant(in: directory)
    try expectNoticesChange(of: source) { progress in
      try convert(source, to: .original, in: directory, as: "out") { _ in progress() }
    }
    #expect(directory.names == ["variant"])
  }

  @Test func progressCountsEveryByte() throws {
    let directory = try TemporaryDirectory()
    var count = 0
    let path = try convert(tinyModel, to: .original, in: directory, as: "out", type: .f32) {
      count += $0
    }
    let file = try SafetensorsFile(path: "\(path)/model.safetensors")
    #expect(try count == file.names.reduce(0) { try $0 + file.tensor(named: $1).byteCount })
  }

  @Test func tooManyFilesAreRefused() throws {
    let directory = try TemporaryDirectory()
    let parts = try ModelDirectory.open(model: tinyModel)
    let source = try ConversionSource(parts, name: "x", layout: .original)
    // A file for each tensor is allowed.
    let options = ConversionOptions(
      layout: .original, elementType: nil, shardBytes: 1, producer: "tests/1")
    #expect(try ModelConversion(source, options).fileCount == 146)
    #expect(directory.names == [])
  }
}
