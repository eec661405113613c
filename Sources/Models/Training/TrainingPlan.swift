// What of a model a run trains, and where that starts from.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Images
import InputOutput
import Tensors

/// The parameters that a run trains.
public struct TrainingPlan: Equatable, Sendable {
  public enum Language: Equatable, Sendable {
    case frozen
    case full
    /// Low-rank pairs beside the frozen linear layers.
    case adapter(AdapterScale)
  }

  public var language: Language
  public var trainsProjector: Bool
  /// Of the vision tower what the features are computed with.
  public var trainsVision: Bool

  public init(language: Language, trainsProjector: Bool, trainsVision: Bool = false) {
    (self.language, self.trainsProjector) = (language, trainsProjector)
    self.trainsVision = trainsVision
  }

  /// Whether the result can only be saved as a whole model.
  public var leavesWholeModel: Bool { language == .full || trainsVision }

  public var adapterScale: AdapterScale? {
    if case .adapter(let scale) = language { scale } else { nil }
  }
}

/// The vision tower that a run begins with, and its image preprocessing.
public struct VisionStart: Sendable {
  public var config: VisionConfig
  public var keepsClassToken: Bool
  /// Of the layers that run.
  public var parameters: VisionParameters<Weight>
  public var preprocessor: Preprocessor

  /// Throws what reading the weights throws, and `preprocessor/settings`.
  public init(_ checkpoint: VisionCheckpoint) throws(Failure) {
    config = checkpoint.config
    keepsClassToken = checkpoint.keepsClassToken
    parameters = try checkpoint.parameters()
    preprocessor = try Preprocessor(checkpoint.preprocessor)
  }

  public var layers: Int { parameters.layers.count }

  /// The number of feature rows per image.
  public var rowsPerImage: Int { config.patches + (keepsClassToken ? 1 : 0) }
}

/// The initial weights of a run: memory-mapped, or nil for random ones.
public struct StartingPoint: Sendable {
  public var languageConfig: LanguageConfig
  public var language: LlamaParameters<Weight>
  /// Nil if sequences have no images.
  public var projectorConfig: ProjectorConfig?
  public var projector: ProjectorParameters<Weight>?
  public var adapter: AdapterParameters<Weight>?
  /// Nil if features are not computed here.
  public var vision: VisionStart?

  public init(
    languageConfig: LanguageConfig, language: LlamaParameters<Weight>,
    projectorConfig: ProjectorConfig?, projector: ProjectorParameters<Weight>?,
    adapter: AdapterParameters<Weight>?
  ) {
    (self.languageConfig, self.language) = (languageConfig, language)
    (self.projectorConfig, self.projector) = (projectorConfig, projector)
    self.adapter = adapter
  }

  /// The shapes of what `plan` trains.
  public func shapes(_ plan: TrainingPlan) -> TrainedParameters<[Int]> {
    var shapes = TrainedParameters<[Int]>()
    if plan.trainsVision, let vision {
      shapes.vision = vision.config.expectedParameters(blocks: vision.layers)
        .prefix(vision.layers).map { $1.shape }
    }
    if plan.trainsProjector {
      shapes.projector = projectorConfig?.expectedParameters.map { $1.shape }
    }
    switch plan.language {
    case .frozen: break
    case .full:
      // A vector is a weight of one row.
      shapes.language = language.map { name, weight in
        name.hasSuffix("norm.weight") ? [weight.columns] : [weight.rows, weight.columns]
      }
    case .adapter(let scale):
      shapes.adapter =
        adapter?.map { [$1.rows, $1.columns] }
        ?? languageConfig.expectedAdapter(rank: scale.rank).map { $1.shape }
    }
    return shapes
  }
}
