// The first LLaVAs, towers inside a LLaVA, and projectors that are published by themselves.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct PublishedOlderTests {
  @Test(arguments: [
    (PublishedModel.llava0, 32004), (.llava0AsLlama, 32004), (.lightning, 32003),
  ])
  func merged(model: PublishedModel, rows: Int) throws {
    let directory = try model.directory()
    let tower = try PublishedModel.clip224.directory()
    let opened = try ModelDirectory.open(model: directory.path, vision: tower.path)
    let language = try opened.languageCheckpoint()
    #expect(language.config.vocabulary == rows)
    #expect(language.config.epsilon == 1e-6)
    #expect(language.config.maxPositions == 2048)
    #expect(try language.parameters().output?.rows == rows)
    let projector = try opened.projectorCheckpoint()
    #expect(projector.config == ProjectorConfig(depth: 1, inputWidth: 1024, outputWidth: 4096))
    #expect(opened.marksImages)
    #expect(opened.settings.padsToSquare == false)
    #expect(opened.settings.visionTowerName == "openai/clip-vit-large-patch14")
    let vision = try opened.visionCheckpoint()
    #expect(vision.config.imageSize == 224)
    #expect(vision.rowsPerImage == 256)
    #expect(vision.preprocessor.aspect == .crop)
    try expectLittleMemory(directory)
    withExtendedLifetime((language, projector)) {}
  }

  @Test func towerInside() throws {
    let directory = try PublishedModel.tunedTower.directory()
    let opened = try ModelDirectory.open(model: directory.path)
    let vision = try opened.visionCheckpoint()
    #expect(vision.config == PublishedModelTests.tower336)
    #expect(vision.blocks == 23)
    #expect(vision.rowsPerImage == 576)
    #expect(vision.preprocessor.aspect == .pad)
    #expect(vision.weights.path.hasPrefix(directory.path))
    #expect(try opened.languageCheckpoint().config == PublishedModelTests.decoder7B)
    #expect(try opened.projectorCheckpoint().config.depth == 2)
    // The tuned weights are used though a tower of the same shape is named.
    let clip = try PublishedModel.clip336.directory()
    let both = try ModelDirectory.open(model: directory.path, vision: clip.path)
    #expect(try both.visionCheckpoint().weights.path.hasPrefix(directory.path))
    try expectLittleMemory(directory)
    withExtendedLifetime(vision) {}
  }

  /// LLaVA 1.5 put together from the three repositories that it was trained from.
  @Test func partsFromThreeDirectories() throws {
    let projector = try PublishedModel.projector.directory()
    let language = try PublishedModel.vicuna.directory()
    let tower = try PublishedModel.clip336.directory()
    #expect(projector.names == ["config.json", "mm_projector.bin"])
    let opened = try ModelDirectory.open(
      model: nil, vision: tower.path, projector: projector.path, language: language.path)
    let found = try opened.projectorCheckpoint()
    #expect(found.config == ProjectorConfig(depth: 2, inputWidth: 1024, outputWidth: 4096))
    #expect(found.weights.entry("projector.0.weight")?.elementType == .bf16)
    #expect(try opened.visionCheckpoint().rowsPerImage == 576)
    #expect(try opened.visionCheckpoint().preprocessor.aspect == .pad)
    #expect(try opened.languageCheckpoint().config == PublishedModelTests.decoder7B)
    #expect(try opened.tokenizerPath() == language.path)
    // The file itself says as much.
    let file = try ModelDirectory.open(
      model: language.path, projector: projector.file("mm_projector.bin"))
    #expect(try file.projectorCheckpoint().config.depth == 2)
    // Its configuration describes a decoder, whose weights are elsewhere.
    let alone = try ModelDirectory.open(model: projector.path)
    let failure = try failure { try alone.languageCheckpoint() }
    #expect(failure.code == "checkpoint/no-part")
    #expect(failure.message == "expected weights of the language model, found a projector")
  }

  @Test func projectorWithRowsOfTheEmbedding() throws {
    let directory = try PublishedModel.olderProjector.directory()
    let opened = try ModelDirectory.open(model: nil, projector: directory.path)
    #expect(try opened.projectorCheckpoint().config.typeName == "linear")
    #expect(opened.marksImages)
    let survey = SourceSurvey(directory.path)
    #expect(survey.parts == [.projector])
    #expect(survey.problem == nil)
    let whole = try ModelDirectory.open(model: directory.path)
    #expect(try failure { try whole.languageCheckpoint() }.code == "checkpoint/no-part")
  }

  @Test func partsOfDifferentWidths() throws {
    let projector = try PublishedModel.projector.directory()
    let large = try PublishedModel.llava13B.directory()
    let failure = try failure {
      try ModelDirectory.open(model: large.path, projector: projector.path)
    }
    #expect(failure.code == "checkpoint/parts")
    #expect(failure.message.contains("5120"))
  }

  /// A missing shard is told of when the weights are opened, not when they are used.
  @Test func aMissingShard() throws {
    let directory = try PublishedModel.llava13B.directory()
    let gone = "pytorch_model-00002-of-00003.bin"
    try #require(unlink(directory.file(gone)) == 0)
    let opened = try ModelDirectory.open(model: directory.path)
    let failure = try failure { try opened.languageCheckpoint() }
    #expect(failure.code == "checkpoint/no-shard")
    #expect(failure.message.contains(gone))
  }
}
