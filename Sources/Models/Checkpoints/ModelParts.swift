// The three parts of LLaVA, each with its configuration and its checked weights.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Preprocessing
import Tensors

/// A vision tower ready for use.
public struct VisionCheckpoint: Sendable {
  public let config: VisionConfig
  /// The number of blocks up to the feature layer: 23 of 24 for LLaVA's layer -2; no final norm follows.
  public let blocks: Int
  /// Whether the class token's row is kept, before the patches' rows.
  public let keepsClassToken: Bool
  public let preprocessor: PreprocessorSettings
  public let weights: Weights

  /// The number of feature rows per image.
  public var rowsPerImage: Int { config.patches + (keepsClassToken ? 1 : 0) }

  /// The memory-mapped weights that the features are computed with.
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
  /// The projector. A file without a configuration tells its shape by its tensors.
  public func projectorCheckpoint() throws(Failure) -> ProjectorCheckpoint {
    guard let source = projector ?? model else { throw Self.unnamed(.projector) }
    if source.config != nil, source.config?.projector == nil, projector == nil {
      throw Self.absent(.projector, in: source)
    }
    let weights = try projectorWeights(source)
    guard let config = source.config?.projector ?? ProjectorConfig(inferredFrom: weights) else {
      throw Self.absent(.projector, in: source)
    }
    try weights.check(config.expectedParameters, part: "projector")
    try Self.checkFit(
      vision: (vision ?? model)?.config?.vision, projector: config,
      language: (language ?? model)?.config?.language)
    return ProjectorCheckpoint(config: config, weights: weights)
  }

  /// A training run's first stage leaves the projector in a file of its own, beside the language
  /// model's weights or alone; its second one inside an adapter or beside it.
  private func projectorWeights(_ source: ModelSource) throws(Failure) -> Weights {
    if projector != nil, let adapter = try Checkpoint.adapter(in: source.path) {
      let weights = try Weights(adapter, part: "projector")
      if !weights.isEmpty { return weights }
      if let beside = try Checkpoint.projectorFile(beside: source.path) {
        return try Weights(beside, part: "projector")
      }
      throw Failure(
        .invalidInput, code: "checkpoint/no-part", at: source.path,
        "expected a projector, found a LoRA adapter without one",
        remedy: "name the projector that the adapter was trained with")
    }
    let checkpoint = try Checkpoint.open(source.path)
    let weights = try Weights(checkpoint, part: "projector")
    if !weights.isEmpty { return weights }
    if let beside = try Checkpoint.projectorFile(beside: source.path) {
      return try Weights(beside, part: "projector")
    }
    if source.config?.projector?.depth == 0 { return weights }
    throw checkpoint.lacks(.projector)
  }

  /// The language model.
  public func languageCheckpoint() throws(Failure) -> LanguageCheckpoint {
    let config = try languageConfig()
    guard let source = language ?? model else { throw Self.unnamed(.language) }
    let checkpoint = try Checkpoint.open(source.path)
    let weights = try Weights(checkpoint, part: "language")
    // A projector's file may bring rows of the embedding along.
    guard weights.canonicalNames.contains(where: { $0.hasPrefix("language.layers.") }) else {
      throw checkpoint.lacks(.language)
    }
    try weights.check(config.expectedParameters, part: "language model")
    try weights.refuseDifferences()
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
