// Puts a training model together from masters and what stays frozen.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Decoders
import Operations
import Projectors
import Tensors
import Towers

extension TrainingModel {
  /// The model whose trained parameters are `masters`, the others where `start` has them mapped.
  public init(
    _ start: StartingPoint, _ plan: TrainingPlan, masters: TrainedParameters<Tensor>,
    operations: any Operations
  ) throws(AllocationError) {
    let language: LlamaParameters<Weight>
    if let trained = masters.language {
      language = trained.map { Weight(f32: $1) }
    } else {
      language = try start.language.map { (_, weight) throws(AllocationError) in
        try operations.adopt(weight)
      }
    }
    var adapter: DecoderAdapter?
    if let pairs = masters.adapter, let scale = plan.adapterScale {
      adapter = DecoderAdapter(pairs.map { Weight(f32: $1) }, scale: scale)
    }
    self.init(
      tower: Self.tower(start, masters, operations),
      projector: try Self.projector(start, masters, operations),
      language: LanguageModel(
        start.languageConfig, language, adapter: adapter, operations: operations),
      operations: operations)
  }

  private static func tower(
    _ start: StartingPoint, _ masters: TrainedParameters<Tensor>, _ operations: any Operations
  ) -> TrainedTower? {
    guard let vision = start.vision, let trained = masters.vision else { return nil }
    return TrainedTower(
      tower: VisionTower(
        vision.config, trained.map { Weight(f32: $1) }, keepsClassToken: vision.keepsClassToken,
        operations: operations),
      preprocessor: vision.preprocessor, operations: operations)
  }

  private static func projector(
    _ start: StartingPoint, _ masters: TrainedParameters<Tensor>, _ operations: any Operations
  ) throws(AllocationError) -> Projector? {
    guard let config = start.projectorConfig else { return nil }
    if let trained = masters.projector {
      return Projector(config, trained.map { Weight(f32: $1) }, operations: operations)
    }
    guard let frozen = start.projector else { return nil }
    return Projector(
      config,
      try frozen.map { (_, weight) throws(AllocationError) in try operations.adopt(weight) },
      operations: operations)
  }
}
