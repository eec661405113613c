// What of a model a run trains, and where that starts from.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Tensors

/// What a run trains.
public struct TrainingPlan: Equatable, Sendable {
  public enum Language: Equatable, Sendable {
    case frozen
    case full
    /// Pairs of matrices beside the frozen linear layers.
    case adapter(AdapterScale)
  }

  public var language: Language
  public var trainsProjector: Bool

  public init(language: Language, trainsProjector: Bool) {
    (self.language, self.trainsProjector) = (language, trainsProjector)
  }

  public var adapterScale: AdapterScale? {
    if case .adapter(let scale) = language { scale } else { nil }
  }
}

/// The weights that a run begins with: mapped, or nil for what is drawn.
public struct StartingPoint: Sendable {
  public var languageConfig: LanguageConfig
  public var language: LlamaParameters<Weight>
  /// Nil where sequences have no images.
  public var projectorConfig: ProjectorConfig?
  public var projector: ProjectorParameters<Weight>?
  public var adapter: AdapterParameters<Weight>?

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
