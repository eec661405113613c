// Models out of Ollama's store: found by name, mapped where they lie, and never outside of it.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import GGUFWriting
import Glibc
import InputOutput
import TestSupport
import Testing

@testable import Checkpoints

/// The environment is the process's: one test at a time.
@Suite(.serialized) struct OllamaStoreTests {
  private let directory: TemporaryDirectory
  private let digits: (model: String, projector: String, template: String)

  init() throws {
    directory = try TemporaryDirectory()
    func hex(_ digit: String) -> String { String(repeating: digit, count: 64) }
    digits = (hex("a"), hex("b"), hex("c"))
    let manager = FileManager.default
    try manager.createDirectory(
      atPath: directory.file("manifests/registry.example/library/llava"),
      withIntermediateDirectories: true)
    try manager.createDirectory(
      atPath: directory.file("blobs"), withIntermediateDirectories: true)
    let conversion = try GGUFConversion("\(packageRoot)/Tests/Golden/models/llava-hf")
    try conversion.language(.f16).write(to: directory.file("blobs/sha256-\(digits.model)"))
    try conversion.projector().write(to: directory.file("blobs/sha256-\(digits.projector)"))
    try directory.write(
      "{{ .System }}\nUSER: {{ .Prompt }}\nASSISTANT: ", to: "blobs/sha256-\(digits.template)")
    setenv("OLLAMA_MODELS", directory.path, 1)
  }

  private func manifest(_ layers: String) throws {
    try directory.write(
      #"{"schemaVersion":2,"config":{"digest":"sha256:0"},"layers":[\#(layers)]}"#,
      to: "manifests/registry.example/library/llava/7b")
  }

  private func layer(_ type: String, _ digits: String, size: Int? = nil) -> String {
    let size = size.map { #","size":\#($0)"# } ?? ""
    return
      #"{"mediaType":"application/vnd.ollama.image.\#(type)","digest":"sha256:\#(digits)"\#(size)}"#
  }

  private var whole: [String] {
    [
      layer("model", digits.model), layer("projector", digits.projector),
      layer("template", digits.template), layer("license", String(repeating: "d", count: 64)),
    ]
  }

  private func refusal() throws -> Failure {
    try failure { _ = try ModelDirectory.open(model: "ollama:llava:7b") }
  }

  @Test func modelsAreFoundByName() throws {
    defer { unsetenv("OLLAMA_MODELS") }
    try manifest(whole.joined(separator: ","))
    let model = try ModelDirectory.open(model: "ollama:llava:7b")
    #expect(try model.languageCheckpoint().weights.isEmpty == false)
    #expect(try model.projectorCheckpoint().config.depth == 2)
    #expect(try model.visionCheckpoint().blocks > 0)
    #expect(try model.tokenizerPath() == directory.file("blobs/sha256-\(digits.model)"))
    #expect(try ChatTemplate.find(in: "ollama:llava:7b")?.text.contains("ASSISTANT:") == true)
    #expect(SourceSurvey("ollama:llava:7b").parts == ModelPart.allCases)
  }

  @Test func whatIsNotThereIsTold() throws {
    defer { unsetenv("OLLAMA_MODELS") }
    let failure = try refusal()
    #expect(failure.code == "checkpoint/not-found")
    #expect(failure.remedy?.contains("ollama pull llava:7b") == true)
    #expect(failure.message.contains(directory.path))
  }

  @Test func manifestsAreChecked() throws {
    defer { unsetenv("OLLAMA_MODELS") }
    for (layers, code) in [
      ([], "ollama"), ([layer("projector", digits.projector)], "ollama"),
      (whole + [layer("model", digits.model)], "ollama"),
      ([layer("model", digits.projector)], "family"),
      (whole + [layer("adapter", digits.model)], "ollama"),
      ([layer("model", String(repeating: "e", count: 64))], "ollama"),
      (
        [layer("model", digits.model), layer("template", String(repeating: "e", count: 64))],
        "ollama"
      ),
      ([layer("model", "../../" + digits.model)], "ollama"),
      ([layer("model", digits.model, size: 7)], "ollama"), ([layer("model", digits.template)], ""),
    ] {
      try manifest(layers.joined(separator: ","))
      let failure = try refusal()
      #expect(failure.code == (code.isEmpty ? "gguf/signature" : "checkpoint/\(code)"))
      #expect(failure.remedy != nil, "\(failure)")
    }
    try directory.write("[]", to: "manifests/registry.example/library/llava/7b")
    let failure = try refusal()
    #expect(failure.code == "checkpoint/json")
    #expect(failure.remedy?.contains("ollama pull llava:7b") == true)
  }

  @Test func aHostIsLookedInAlone() throws {
    defer { unsetenv("OLLAMA_MODELS") }
    try manifest(whole.joined(separator: ","))
    let found = try ModelDirectory.open(model: "ollama:registry.example/library/llava:7b")
    #expect(try found.projectorCheckpoint().config.depth == 2)
    let failure = try failure {
      _ = try ModelDirectory.open(model: "ollama:other.example:5000/library/llava:7b")
    }
    #expect(failure.code == "checkpoint/not-found")
    #expect(
      failure.remedy?.contains("ollama pull other.example:5000/library/llava:7b") == true)
  }

  /// What begins like a name is not looked for as a path without a word.
  @Test func whatIsNotANameIsTold() throws {
    let failure = try failure { _ = try ModelDirectory.open(model: "ollama:a/b/c/d") }
    #expect(failure.code == "checkpoint/not-found")
    #expect(failure.message.contains("ollama:NAME:TAG"))
  }

  @Test(arguments: [
    ("ollama:llava", [nil, "library", "llava", "latest"]),
    ("ollama:llava:7b-v1.5-q4_0", [nil, "library", "llava", "7b-v1.5-q4_0"]),
    ("ollama:someone/llava:x", [nil, "someone", "llava", "x"]),
    ("ollama:a.example/someone/llava", ["a.example", "someone", "llava", "latest"]),
    ("ollama:a.example:80/some/llava:x", ["a.example:80", "some", "llava", "x"]),
  ])
  func names(text: String, parts: [String?]) throws {
    let found = try #require(OllamaName(text))
    #expect([found.host, found.user, found.name, found.tag] == parts)
  }

  @Test(arguments: [
    "ollama:", "ollama", "ollama:..:7b", "ollama:a/b/c/d", "ollama:a:b:c", "ollama:a:80:1/b/c",
    "ollama:../b/c",
    "ollama:a/b:1/c", "ollama://c", "ollama:../a", "llava:7b",
    "ollama:a:..", "ollama:/a",
  ])
  func others(text: String) { #expect(OllamaName(text) == nil) }
}
