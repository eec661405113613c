// Published models open as they are, in little memory, and say what their makers said of them.
// SPDX-License-Identifier: Apache-2.0
import Preprocessing
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct PublishedModelTests {
  /// What opening may touch of a model of any size: pages with a header of each record or of the
  /// file, and the samples that name the weights.
  static let memory = 32 << 20
  static let tower336 = VisionConfig(
    width: 1024, intermediateWidth: 4096, layers: 24, heads: 16, imageSize: 336, patchSize: 14)
  static let tower224 = VisionConfig(
    width: 1024, intermediateWidth: 4096, layers: 24, heads: 16, imageSize: 224, patchSize: 14)
  static let decoder7B = LanguageConfig(
    width: 4096, intermediateWidth: 11008, layers: 32, heads: 32, vocabulary: 32000)
  static let decoder13B = LanguageConfig(
    width: 5120, intermediateWidth: 13824, layers: 40, heads: 40, vocabulary: 32000)

  static func decoderHF(_ config: LanguageConfig) -> LanguageConfig {
    var config = config
    config.vocabulary = 32064
    return config
  }

  @Test(
    arguments: [
      (PublishedModel.llava7B, decoder7B, ["9.98 GB", "3.54 GB"]),
      (.llava13B, decoder13B, ["9.95 GB", "9.90 GB", "6.24 GB"]),
    ])
  func original(model: PublishedModel, decoder: LanguageConfig, sizes: [String]) throws {
    let directory = try TemporaryDirectory()
    let names = try model.write(to: directory.path)
    try expectSizes(sizes, of: names, in: directory)
    let opened = try ModelDirectory.open(model: directory.path)
    let language = try opened.languageCheckpoint()
    #expect(language.config == decoder)
    #expect(try language.parameters().layers.count == decoder.layers)
    let projector = try opened.projectorCheckpoint()
    #expect(
      projector.config == ProjectorConfig(depth: 2, inputWidth: 1024, outputWidth: decoder.width))
    #expect(projector.weights.path.hasSuffix("pytorch_model.bin.index.json"))
    #expect(opened.settings.padsToSquare == true)
    #expect(!opened.marksImages)
    #expect(opened.imageToken == nil)
    #expect(try opened.tokenizerPath() == directory.path)
    try expectLittleMemory(directory)
    withExtendedLifetime((language, projector)) {}
    let failure = try failure { try opened.visionCheckpoint() }
    #expect(failure.code == "checkpoint/no-part")
    #expect(failure.remedy?.contains("hf download openai/clip-vit-large-patch14-336") == true)
  }

  @Test(
    arguments: [
      (PublishedModel.llavaHF7B(), decoder7B, ["4.99 GB", "4.96 GB", "4.18 GB"]),
      (.llavaHF7B(.transformers4), decoder7B, ["4.99 GB", "4.96 GB", "4.18 GB"]),
      (.llavaHF7B(.transformers5), decoder7B, ["4.99 GB", "4.96 GB", "4.18 GB"]),
      (.llavaHF13B, decoder13B, []),
    ])
  func huggingFace(model: PublishedModel, decoder: LanguageConfig, sizes: [String]) throws {
    let directory = try TemporaryDirectory()
    let names = try model.write(to: directory.path)
    if !sizes.isEmpty { try expectSizes(sizes, of: names, in: directory) }
    #expect(names.count == (sizes.isEmpty ? 6 : sizes.count))
    let opened = try ModelDirectory.open(model: directory.path)
    let vision = try opened.visionCheckpoint()
    #expect(vision.config == Self.tower336)
    #expect(vision.blocks == 23)
    #expect(vision.rowsPerImage == 576)
    #expect(vision.preprocessor == PreprocessorSettings(side: 336))
    let projector = try opened.projectorCheckpoint()
    #expect(
      projector.config == ProjectorConfig(depth: 2, inputWidth: 1024, outputWidth: decoder.width))
    let language = try opened.languageCheckpoint()
    #expect(language.config == Self.decoderHF(decoder))
    #expect(opened.imageToken == 32000)
    #expect(opened.settings.padsToSquare == nil)
    try expectLittleMemory(directory)
    withExtendedLifetime((vision, projector, language)) {}
  }

  @Test(arguments: [
    (PublishedModel.clip336, tower336, 576, "1.71 GB"), (.clip224, tower224, 256, "1.71 GB"),
  ])
  func clip(model: PublishedModel, tower: VisionConfig, rows: Int, size: String) throws {
    let directory = try TemporaryDirectory()
    try expectSizes([size], of: model.write(to: directory.path), in: directory)
    let opened = try ModelDirectory.open(model: directory.path)
    let vision = try opened.visionCheckpoint()
    #expect(vision.config == tower)
    #expect(vision.rowsPerImage == rows)
    #expect(vision.preprocessor == PreprocessorSettings(side: tower.imageSize))
    #expect(vision.weights.entry("vision.class_embedding")?.elementType == .f32)
    #expect(try opened.visionCheckpoint(featureLayer: -1).blocks == 24)
    #expect(try failure { try opened.languageCheckpoint() }.code == "checkpoint/no-part")
    try expectLittleMemory(directory)
    withExtendedLifetime(vision) {}
  }

  @Test func vicuna() throws {
    let directory = try TemporaryDirectory()
    let names = try PublishedModel.vicuna.write(to: directory.path)
    try expectSizes(["9.98 GB", "3.50 GB"], of: names, in: directory)
    let opened = try ModelDirectory.open(model: nil, language: directory.path)
    let language = try opened.languageCheckpoint()
    #expect(language.config == Self.decoder7B)
    #expect(language.config.endTokens == [2])
    #expect(try opened.tokenizerPath() == directory.path)
    try expectLittleMemory(directory)
    withExtendedLifetime(language) {}
  }

  private func expectSizes(_ sizes: [String], of names: [String], in directory: TemporaryDirectory)
    throws
  {
    let uses = try names.map { try FileUse(directory.file($0)) }
    #expect(uses.map(\.shown) == sizes)
    #expect(uses.map(\.storedByteCount).reduce(0, +) < 4 << 20)
  }
}

/// Expects that the files below `directory`, which are mapped, take little memory; and that they are
/// mapped, or this would hold of anything.
func expectLittleMemory(
  _ directory: TemporaryDirectory, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let resident = try FileUse.residentByteCount(below: directory.path)
  #expect(
    (1..<PublishedModelTests.memory).contains(resident), sourceLocation: sourceLocation)
}
