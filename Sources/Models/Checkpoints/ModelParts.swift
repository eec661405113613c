// The three parts of LLaVA, each with its configuration and its checked weights.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Preprocessing
import Tensors

/// A vision tower ready for use.
public struct VisionCheckpoint: Sendable {
  public let config: VisionConfig
  /// How many blocks give the feature: 23 of 24 for LLaVA's layer -2; no final norm follows.
  public let blocks: Int
  /// The class token's row stays before the patches' rows.
  public let keepsClassToken: Bool
  public let preprocessor: PreprocessorSettings
  public let weights: Weights

  /// Rows of features that one image gives.
  public var rowsPerImage: Int { config.patches + (keepsClassToken ? 1 : 0) }

  /// The mapped weights that the features are computed with.
  public func parameters() throws(Failure) -> VisionParameters<Weight> {
    try config.expectedParameters(blocks: blocks).prefix(blocks)
      .map { name, _ throws(Failure) in try weights.weight(name) }
  }
}

/// A projector ready for use.
public struct ProjectorCheckpoint: Sendable {
  public let config: ProjectorConfig
  public let weights: Weights

  /// The mapped weights.
  public func parameters() throws(Failure) -> ProjectorParameters<Weight> {
    try config.expectedParameters.map { name, _ throws(Failure) in try weights.weight(name) }
  }
}

/// A language model ready for use.
public struct LanguageCheckpoint: Sendable {
  public let config: LanguageConfig
  public let weights: Weights

  /// The mapped weights. `output` is nil where the file has none, or the embedding's own bytes.
  public func parameters() throws(Failure) -> LlamaParameters<Weight> {
    var expected = config.expectedParameters
    if try !hasOwnHead() { expected.output = nil }
    return try expected.map { name, _ throws(Failure) in try weights.weight(name) }
  }

  /// Whether the file's output layer is another than its embedding. A configuration that ties them
  /// says nothing of the file: what is in there is what the model was trained with.
  public func hasOwnHead() throws(Failure) -> Bool {
    let (head, embedding) = (LlamaParameters<Weight>.outputName, "language.embed_tokens.weight")
    guard weights.contains(head) else { return false }
    guard config.tiesEmbeddings else { return true }
    return try !weights.tensor(head).hasSameBytes(as: weights.tensor(embedding))
  }

  /// What a user should know of a head that the configuration denies; nil where there is none.
  public func headWarning() throws(Failure) -> String? {
    guard config.tiesEmbeddings, try hasOwnHead() else { return nil }
    return "config.json ties the output layer to the embedding, but the file has an lm_head.weight"
      + " of its own, which is used"
  }
}

extension ModelDirectory {
  /// The vision tower. Throws `checkpoint/tensors` with a table when its tensors are not those
  /// that the configuration describes.
  /// `featureLayer` and `keepsClassToken` replace what the model says.
  public func visionCheckpoint(
    featureLayer: Int? = nil, keepsClassToken: Bool? = nil
  ) throws(Failure) -> VisionCheckpoint {
    guard let source = vision ?? model else { throw Self.unnamed("vision") }
    guard let config = source.config?.vision else {
      guard let name = source.config?.visionTowerName else {
        throw Self.absent("vision tower", flag: "vision", in: source)
      }
      throw Failure(
        .invalidInput, code: "checkpoint/no-part", at: source.path,
        "the model takes its vision tower from \(escapedForTerminal(name))",
        remedy: "fetch that and name its directory with --vision")
    }
    var settings = settings
    settings.featureLayer = featureLayer ?? settings.featureLayer
    settings.keepsClassToken = keepsClassToken ?? settings.keepsClassToken
    if let featureLayer, config.blocks(forFeature: featureLayer) == nil {
      throw Failure(
        .mismatch, code: "checkpoint/parts", at: source.path,
        "expected a layer from \(-config.layers - 1) to \(config.layers), found \(featureLayer)",
        remedy: "give --layer a number that the vision tower has")
    }
    guard let blocks = config.blocks(forFeature: settings.featureLayer) else {
      throw Failure(
        .mismatch, code: "checkpoint/parts", at: source.path,
        "the model takes feature layer \(settings.featureLayer), the vision tower has"
          + " \(config.layers) layers")
    }
    let weights = try visionWeights(source)
    try weights.check(config.expectedParameters(blocks: blocks), part: "vision tower")
    return VisionCheckpoint(
      config: config, blocks: blocks, keepsClassToken: settings.keepsClassToken,
      preprocessor: try preprocessor(for: config, settings: settings), weights: weights)
  }

  /// A model that finetuned its tower keeps the tuned weights in its own checkpoint.
  private func visionWeights(_ source: ModelSource) throws(Failure) -> Weights {
    if let model, vision != nil, model.config?.ownsVisionTower == true {
      let own = try Weights(Checkpoint.open(model.path), part: "vision")
      if !own.canonicalNames.isEmpty { return own }
    }
    return try Weights(Checkpoint.open(source.path), part: "vision")
  }

  private func preprocessor(
    for config: VisionConfig, settings: ModelConfig
  ) throws(Failure) -> PreprocessorSettings {
    var found: PreprocessorSettings?
    for source in [vision, model].compactMap({ $0 }) where found == nil {
      found = try source.readPreprocessor()
    }
    var result = found ?? PreprocessorSettings(side: config.imageSize)
    guard result.cropWidth == config.imageSize else {
      throw Failure(
        .mismatch, code: "checkpoint/parts", at: (vision ?? model)?.path,
        "the preprocessor cuts images of \(result.cropWidth) pixels, the vision tower takes"
          + " \(config.imageSize)")
    }
    if let pads = settings.padsToSquare { result.aspect = pads ? .pad : .crop }
    return result
  }

  /// The projector. A file without a configuration tells its shape by its tensors.
  public func projectorCheckpoint() throws(Failure) -> ProjectorCheckpoint {
    guard let source = projector ?? model else { throw Self.unnamed("projector") }
    if source.config != nil, source.config?.projector == nil, projector == nil {
      throw Self.absent("projector", flag: "projector", in: source)
    }
    let weights = try Weights(Checkpoint.open(source.path), part: "projector")
    guard let config = source.config?.projector ?? ProjectorConfig(inferredFrom: weights) else {
      throw Failure(
        .invalidInput, code: "checkpoint/no-part", at: source.path,
        "expected projector tensors such as model.mm_projector.0.weight")
    }
    try weights.check(config.expectedParameters, part: "projector")
    try Self.checkFit(
      vision: (vision ?? model)?.config?.vision, projector: config,
      language: (language ?? model)?.config?.language)
    return ProjectorCheckpoint(config: config, weights: weights)
  }

  /// The language model.
  public func languageCheckpoint() throws(Failure) -> LanguageCheckpoint {
    let config = try languageConfig()
    guard let source = language ?? model else { throw Self.unnamed("language") }
    let weights = try Weights(Checkpoint.open(source.path), part: "language")
    try weights.check(config.expectedParameters, part: "language model")
    return LanguageCheckpoint(config: config, weights: weights)
  }
}

extension ProjectorConfig {
  /// The shape that `weights` show: their first layer's columns and last layer's rows.
  init?(inferredFrom weights: Weights) {
    let layerName = ProjectorParameters<Weight>.layerName
    var depth = 0
    var lastShape: [Int] = []
    while depth < Self.depthLimit,
      let shape = weights.entry("\(layerName(depth)).weight")?.shape
    {
      lastShape = shape
      depth += 1
    }
    guard let first = weights.entry("\(layerName(0)).weight")?.shape, first.count == 2,
      lastShape.count == 2
    else { return nil }
    self.init(depth: depth, inputWidth: first[1], outputWidth: lastShape[0])
  }
}
