// Finds the parts of a model: in one directory, or each where the user says.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// The vision tower, projector, language model and tokeniser behind `-m`, `--vision`,
/// `--projector` and `--language`.
public struct ModelDirectory: Sendable {
  let model: ModelSource?
  let vision: ModelSource?
  let projector: ModelSource?
  let language: ModelSource?

  /// Reads the configurations and checks that the parts fit each other; opens no weights.
  ///
  /// `model` is a directory in llava-hf's or the original layout, or a bare CLIP or LLaMA; the
  /// others name a directory or a file of weights that a part is taken from instead. `projector` may be
  /// an adapter that holds one.
  public static func open(
    model: String?, vision: String? = nil, projector: String? = nil, language: String? = nil
  ) throws(Failure) -> ModelDirectory {
    func source(_ path: String) throws(Failure) -> ModelSource { try ModelSource(path) }
    let parts = ModelDirectory(
      model: try model.map(source), vision: try vision.map(source),
      projector: try projector.map { path throws(Failure) in
        try ModelSource(path, part: .projector)
      },
      language: try language.map(source))
    try checkFit(
      vision: (parts.vision ?? parts.model)?.config?.vision,
      projector: (parts.projector ?? parts.model)?.config?.projector,
      language: (parts.language ?? parts.model)?.config?.language)
    return parts
  }

  /// Throws `checkpoint/parts` when two neighbours differ in width. A part that is nil is not
  /// compared.
  public static func checkFit(
    vision: VisionConfig?, projector: ProjectorConfig?, language: LanguageConfig?
  ) throws(Failure) {
    var table = MismatchTable(of: "between the parts")
    if let projector {
      let (input, output) = (projector.inputWidth, projector.outputWidth)
      if let vision, vision.width != input {
        table.add(
          "features", expected: "width \(input) by the projector",
          found: "width \(vision.width) of the vision tower")
      }
      if let language, language.width != output {
        table.add(
          "embeddings", expected: "width \(language.width) by the language model",
          found: "width \(output) of the projector")
      }
      if projector.depth == 0, input != output {
        table.add(
          "identity projector", expected: "width \(input) on both sides", found: "width \(output)")
      }
    }
    guard !table.isEmpty else { return }
    throw Failure(
      .mismatch, code: "checkpoint/parts",
      (["the parts of the model do not fit each other"] + table.lines).joined(separator: "\n"),
      remedy: "take the parts from models that were made for each other")
  }

  /// What LLaVA adds to its parts: the feature layer and the like. It was fixed when the projector
  /// was trained, so the projector's own configuration comes first.
  ///
  /// A configuration beside another tower's counts the feature layer from the end of a whole tower:
  /// LLaVA's -2 is where a tower that ends at its feature layer ends.
  public var settings: ModelConfig {
    let configs = [projector, model, vision].compactMap { $0?.config }
    var settings = configs.first { $0.projector != nil } ?? ModelConfig()
    if settings.featureLayer == -2, let tower = (vision ?? model)?.config, tower.endsAtFeatureLayer
    {
      settings.featureLayer = tower.featureLayer
    }
    return settings
  }

  /// Whether a projector was named, or the model's configuration describes one.
  public var describesProjector: Bool { projector != nil || model?.config?.projector != nil }

  /// Whether a vision tower was named, or the model's configuration describes one.
  public var describesVisionTower: Bool { vision != nil || model?.config?.vision != nil }

  /// `<im_start>` and `<im_end>` stand around each image in the prompt (the first LLaVA).
  public var marksImages: Bool { settings.marksImages }

  /// The id of `<image>` where the vocabulary has one.
  public var imageToken: Int? { settings.imageToken }

  /// The directory that holds tokenizer.model or tokenizer.json, or the GGUF file that has the
  /// vocabulary inside: the language model's own, or the model's.
  public func tokenizerPath() throws(Failure) -> String {
    if let found = try tokenizerPathIfAny() { return found }
    guard let first = language ?? model else { throw Self.unnamed(.language) }
    if let file = first.gguf?.language?.first {
      throw Failure(
        .invalidInput, code: "checkpoint/no-tokenizer", at: file.path,
        "expected a vocabulary (tokenizer.ggml.tokens) in the GGUF file, found none",
        remedy: "take another edition of the model")
    }
    throw Failure(
      .invalidInput, code: "checkpoint/no-tokenizer", at: first.path,
      "expected tokenizer.model or tokenizer.json in the directory",
      remedy: "copy it from the checkpoint that the language model came from")
  }

  /// The same; nil where there is none.
  public func tokenizerPathIfAny() throws(Failure) -> String? {
    let sources = [language, model].compactMap { $0 }
    for source in sources where try source.holdsTokenizer() { return source.tokenizerPath }
    return nil
  }

  /// The language model's configuration, without its weights.
  public func languageConfig() throws(Failure) -> LanguageConfig {
    guard let source = language ?? model else { throw Self.unnamed(.language) }
    guard let config = source.config?.language else {
      throw Self.absent(.language, in: source)
    }
    return config
  }

  static func unnamed(_ part: ModelPart) -> Failure {
    Failure(
      .usage, code: "checkpoint/no-model", "no model was named",
      remedy: "name a model directory with -m or LLAVA_MODEL, or the part with --\(part.rawValue)")
  }

  static func absent(_ part: ModelPart, in source: ModelSource) -> Failure {
    let hasConfig = source.config != nil
    return Failure(
      .invalidInput, code: "checkpoint/no-part", at: source.path,
      hasConfig
        ? "the model has no \(part.name)"
        : "there is no config.json that describes the \(part.name)",
      remedy: "name a directory that holds one with --\(part.rawValue)")
  }
}
