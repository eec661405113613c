// The parts of the model that a run trains, opened and checked.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import JSON
import ModelSupport
import Operations
import Streams
import Tensors
import Tokenizers
import Training
import TrainingRuns

/// A model ready to be trained: where it starts, what of it is trained, and how it is known again.
struct TrainedModel {
  let directory: ModelDirectory
  let start: StartingPoint
  let plan: TrainingPlan
  let dropout: Double
  let tokenizer: Tokenizer?
  let requirements: FeatureRequirements
  /// What the result says of features and prompts: what the stream was made with, else the model's.
  let settings: ModelConfig
  /// Digests of the parts that the run starts from.
  let parents: JSONObject

  init(
    _ command: some TrainingCommand, _ requested: RequestedPlan, _ header: StreamHeader?,
    recipeProjector: String?
  )
    throws(Failure)
  {
    let options = command.model
    let checkpoint = try requested.adapterPath.map { (path) throws(Failure) in
      try AdapterCheckpoint(path)
    }
    var parts = options.parts
    // An adapter's own projector was trained with it.
    if let checkpoint, checkpoint.holdsProjector, parts.projector == nil {
      parts.projector = checkpoint.path
    }
    directory = try parts.open()
    let language = try directory.languageCheckpoint()
    var parents: JSONObject = ["language": .string(try language.weights.identity())]
    let projector = try Self.projector(directory, options)
    var adapter: AdapterParameters<Weight>?
    if let checkpoint {
      adapter = try checkpoint.parameters(for: language.config)
      parents["adapter"] = .string(try checkpoint.weights.identity())
    }
    if let projector { parents["projector"] = .string(try projector.weights.identity()) }
    if let type = options.projectorType, let found = projector?.config.typeName, type != found {
      throw Failure(
        .usage, code: "usage/projector-type", at: "--projector-type",
        "the model has a projector of its own, \(found); found \(escapedForTerminal(type))",
        remedy: "begin another one with --fresh-projector")
    }
    var config = projector?.config
    let vision = try Self.vision(directory, requested, header)
    if config == nil {
      config = try Self.freshProjector(
        options.projectorType ?? recipeProjector,
        featureWidth: vision?.config.width ?? header.flatMap(FeatureRequirements.width),
        language.config)
    }
    var start = StartingPoint(
      languageConfig: language.config, language: try language.parameters(), projectorConfig: config,
      projector: try projector?.parameters(), adapter: adapter)
    start.vision = vision
    self.start = start
    (plan, dropout) = try Self.plan(requested, start, seesImages: header != nil)
    let tower = try Self.tower(directory)
    if let tower { parents["vision"] = .string(tower) }
    requirements = FeatureRequirements(
      width: config?.inputWidth, tower: tower, pixelSide: vision?.config.imageSize)
    tokenizer = try ifUsable { [directory] () throws(Failure) in
      try Tokenizer.load(path: directory.tokenizerPath())
    }
    self.parents = parents
    settings = Self.settings(directory, header, marksImages: command.data.marksImages)
  }

  private static func settings(
    _ directory: ModelDirectory, _ header: StreamHeader?, marksImages: Bool?
  ) -> ModelConfig {
    var settings = directory.llavaSettings
    let config = header?.config.flatMap { try? JSONValue(parsing: Array($0.utf8)) }?.object
    if let aspect = config?["aspect"]?.string { settings.padsToSquare = aspect == "pad" }
    if let marksImages { settings.marksImages = marksImages }
    return settings
  }

  /// The projector that the model has, or that was named.
  private static func projector(_ directory: ModelDirectory, _ options: TrainedModelOptions)
    throws(Failure) -> ProjectorCheckpoint?
  {
    guard !options.freshProjector, directory.describesProjector else { return nil }
    return try directory.projectorCheckpoint()
  }

  /// The shape of a projector that the model lacks, for the features of the stream.
  private static func freshProjector(
    _ type: String?, featureWidth: Int?, _ language: LanguageConfig
  ) throws(Failure) -> ProjectorConfig? {
    guard let width = featureWidth else { return nil }
    let name = type ?? "mlp2x_gelu"
    guard let depth = ProjectorConfig.depth(ofType: name), depth > 0 else {
      throw Failure(
        .usage, code: "usage/projector-type", at: "--projector-type",
        "expected linear or mlpNx_gelu, found \(escapedForTerminal(name))")
    }
    return ProjectorConfig(depth: depth, inputWidth: width, outputWidth: language.width)
  }

  private static func plan(
    _ requested: RequestedPlan, _ start: StartingPoint, seesImages: Bool
  ) throws(Failure) -> (TrainingPlan, Double) {
    let hasProjector = start.projectorConfig.map { $0.depth > 0 } ?? false
    var (language, dropout) = (TrainingPlan.Language.frozen, 0.0)
    switch requested.language {
    case .frozen:
      guard hasProjector || requested.trainsVision, seesImages else {
        throw Failure(
          .mismatch, code: "training/nothing",
          hasProjector
            ? "text alone teaches a projector nothing" : "there is no projector to train",
          remedy: "give a stream of features from clip-encode")
      }
    case .full: language = .full
    case .adapter(let scale, let share): (language, dropout) = (.adapter(scale), share)
    }
    if !requested.trainsProjector, hasProjector, start.projector == nil {
      throw Failure(
        .usage, code: "usage/freeze-projector", at: "--freeze-projector",
        "the model has no projector that could stay as it is",
        remedy: "name one with --projector")
    }
    let plan = TrainingPlan(
      language: language, trainsProjector: requested.trainsProjector && hasProjector,
      trainsVision: requested.trainsVision)
    return (plan, dropout)
  }

  /// The tower that is trained; nil where it is not.
  private static func vision(
    _ directory: ModelDirectory, _ requested: RequestedPlan, _ header: StreamHeader?
  ) throws(Failure) -> VisionStart? {
    guard requested.trainsVision else { return nil }
    guard header != nil else {
      throw Failure(
        .mismatch, code: "training/no-pixels", at: "--train-vision",
        "text alone teaches a vision tower nothing",
        remedy: "give a stream of clip-encode --emit pixels, or leave --train-vision out")
    }
    return try VisionStart(directory.visionCheckpoint())
  }

  /// The identity of the tower that the model has; nil where it has none.
  private static func tower(_ directory: ModelDirectory) throws(Failure) -> String? {
    guard directory.describesVisionTower else { return nil }
    return try directory.visionCheckpoint().weights.identity()
  }
}
