// The model that is written as GGUF files: its parts, opened and checked, and its tokeniser.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Conversations
import InputOutput
import Preprocessing
import Tokenizers

/// Everything that goes into a pair of GGUF files.
public struct GGUFSource: Sendable {
  /// What the model is called there.
  let name: String
  let settings: ModelConfig
  let language: LanguageCheckpoint
  let tokenizer: Tokenizer
  /// The model's own, else one written from the template of models that are called so.
  let chatTemplate: String?
  /// Nil for a bare language model.
  let pictures: (vision: VisionCheckpoint, projector: ProjectorCheckpoint)?
  /// Directories that must not be written to.
  let directories: [String]

  /// Opens the model in `directory`; `name`: what the user called it. A model without projector and
  /// tower is a language model's file alone.
  ///
  /// Throws what opening the parts throws, `checkpoint/no-tokenizer`, and `quantize/form` where the
  /// files have no form for the model.
  public init(_ directory: ModelDirectory, name: String) throws(Failure) {
    settings = directory.llavaSettings
    self.name = Self.name(of: settings, called: name)
    language = try directory.languageCheckpoint()
    let path = try directory.tokenizerPath()
    tokenizer = try Tokenizer.load(path: path)
    chatTemplate =
      try ChatTemplate.find(in: path)?.text ?? Self.written([name], settings)
    if directory.describesProjector || directory.describesVisionTower {
      pictures = (try directory.visionCheckpoint(), try directory.projectorCheckpoint())
    } else {
      pictures = nil
    }
    let files = [language.weights, pictures?.vision.weights, pictures?.projector.weights]
    directories =
      directory.directories
      + files.compactMap { $0?.path }.map(ConversionSource.directory)
    try check()
  }

  /// What the model was saved as where that names a LLaVA, else what the user calls it: templates are
  /// told by it.
  private static func name(of settings: ModelConfig, called name: String) -> String {
    let origin = settings.origin.map(ConversionSource.lastPart)
    let isTold = origin.map { $0.lowercased().utf8.firstRange(of: Array("llava".utf8)) != nil }
    return isTold == true || settings.kind == .gguf
      ? origin ?? ConversionSource.lastPart(of: name) : ConversionSource.lastPart(of: name)
  }

  /// A template that our own tools take for what it is; none for a bare language model.
  private static func written(_ names: [String], _ settings: ModelConfig) -> String? {
    guard settings.projector != nil else { return nil }
    let names = names.map(ConversionSource.lastPart) + [settings.origin].compactMap { $0 }
    guard
      let template = ModelConversion.template(names: names, marksImages: settings.marksImages),
      let text = ModelConversion.jinja(template, marksImages: settings.marksImages),
      ConversationTemplate.recognised(inChatTemplate: text) == template
    else { return nil }
    return text
  }

  private func check() throws(Failure) {
    guard let pictures else { return }
    func refuse(_ found: String, at path: String) -> Failure {
      Failure(
        .mismatch, code: "quantize/form", at: path,
        "GGUF files of LLaVA have no form for \(found)",
        remedy: "use llava-weights convert, whose layouts have one")
    }
    guard pictures.projector.config.depth > 0 else {
      throw refuse("a model without projector layers", at: pictures.projector.weights.path)
    }
    guard pictures.vision.blocks > 0 else {
      throw refuse("features before the first block", at: pictures.vision.weights.path)
    }
    var settings = pictures.vision.preprocessor
    var told = PreprocessorSettings(
      side: pictures.vision.config.imageSize, aspect: settings.aspect)
    (told.mean, told.standardDeviation) = (settings.mean, settings.standardDeviation)
    // They have keys of ours.
    (told.filter, told.size) = (settings.filter, settings.size)
    settings.rescaleFactor = told.rescaleFactor
    let isKnown: Bool =
      if case .shortestEdge = settings.size {
        [.bilinear, .bicubic].contains(settings.filter)
      } else { false }
    guard settings == told, isKnown else {
      throw refuse("these image settings", at: pictures.vision.weights.path)
    }
  }

  /// Every tensor's part, for what concerns all files.
  var weights: [Weights] {
    [language.weights, pictures?.vision.weights, pictures?.projector.weights].compactMap(\.self)
  }

  /// Rows of the embedding: a token each.
  var rows: Int { language.config.vocabulary }
}
