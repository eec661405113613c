// What a run will take: memory by kind, and work.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Decoders
import Operations
import Tensors

/// The size of what goes through the model at once, and in all.
public struct RunSize: Equatable, Sendable {
  /// Positions of the longest micro-batch.
  public var rows: Int
  /// Positions of a usual step, and learned tokens of it.
  public var rowsOfStep: Double
  public var targetsOfStep: Double
  /// Micro-batches of a step.
  public var accumulation: Int
  /// Of the held-out records; nil where there is no evaluation.
  public var evaluation: EvaluationSize?
  /// Images of the micro-batch that has most of them, and of a usual step; they count where the tower
  /// is trained.
  public var images = 0
  public var imagesOfStep = 0.0

  public init(rows: Int, rowsOfStep: Double, targetsOfStep: Double, accumulation: Int) {
    (self.rows, self.accumulation) = (rows, accumulation)
    (self.rowsOfStep, self.targetsOfStep) = (rowsOfStep, targetsOfStep)
  }
}

/// Memory in bytes, and multiplications and additions of a step.
public struct RunEstimate: Equatable, Sendable {
  /// Frozen weights, which lie in their files' mappings, and the f32 masters of what is trained.
  public var weights = 0
  /// Moments and gradients.
  public var states = 0
  /// What layers keep for their gradients.
  public var activations = 0
  /// One layer's intermediate results, the logits of some rows, and Muon's matrices.
  public var workspace = 0
  /// What an evaluation takes in the place of activations and workspace.
  public var evaluation = 0
  public var floatingPointOperations = 0.0
  /// Of one evaluation.
  public var operationsOfEvaluation = 0.0
  /// Those of a step of Muon, whose products are in f32.
  public var exactOperations = 0.0
  /// Layers that keep their input alone: those of a trained tower first, then the decoder's.
  public var recomputedLayers: Int { recomputedVisionLayers + recomputedLanguageLayers }
  public var recomputedVisionLayers = 0
  public var recomputedLanguageLayers = 0

  public var memory: Int { weights + states + max(activations + workspace, evaluation) }

  /// The estimate where `recomputedLayers` layers keep their input alone.
  public init(
    _ start: StartingPoint, _ plan: TrainingPlan, _ size: RunSize,
    optimizer: Optimizer = .adamw, recomputedLayers: Int
  ) {
    let config = start.languageConfig
    let shapes = start.shapes(plan)
    let trained = shapes.values.reduce(0) { $0 + $1.reduce(1, *) }
    weights = 4 * trained + Self.frozenBytes(start, plan)
    let kept = shapes.named.reduce(0) { sum, parameter in
      let method = optimizer.method(of: parameter.name, shape: parameter.value)
      return sum + parameter.value.reduce(method.statesPerElement, *)
    }
    states = 4 * (kept + trained * GradientSum.buffers(microBatches: size.accumulation))
    let rank = plan.adapterScale?.rank ?? 0
    let row = LanguageModel.keptBytesPerRow(config, rank: rank)
    let vision = VisionEstimate(start, plan, size, recomputedLayers: recomputedLayers)
    let recomputed = min(config.layers, recomputedLayers - (vision?.recomputedLayers ?? 0))
    recomputedVisionLayers = vision?.recomputedLayers ?? 0
    recomputedLanguageLayers = recomputed
    activations =
      size.rows * ((config.layers - recomputed) * row.everything + recomputed * row.input)
    // A layer that runs again keeps everything for a moment.
    if recomputed > 0 { activations += size.rows * row.everything }
    let matrices = shapes.muonMatrices(optimizer)
    workspace = max(Self.workspace(start, rows: size.rows), vision?.workspace ?? 0)
    workspace += Muon.byteCount(matrices)
    exactOperations = matrices.reduce(0) { $0 + Muon.floatingPointOperations($1) }
    if let held = size.evaluation {
      evaluation = held.rows * row.everything + Self.workspace(start, rows: held.rows)
      evaluation = max(evaluation, held.visionMemory(start, plan))
      operationsOfEvaluation = held.operations(start, plan)
    }
    floatingPointOperations = Self.operations(start, plan, size, recomputed)
    activations += vision?.activations ?? 0
    floatingPointOperations += vision?.floatingPointOperations ?? 0
  }

  /// Bytes of one layer's intermediate results, and of the logits of some rows with their copy.
  private static func workspace(_ start: StartingPoint, rows: Int) -> Int {
    let config = start.languageConfig
    let widest = max(4 * config.width, 3 * config.intermediateWidth)
    return 4 * rows * (widest + 4 * config.width)
      + 4 * 2 * min(rows, 256) * start.language.embedding.rows
  }

  private static func frozenBytes(_ start: StartingPoint, _ plan: TrainingPlan) -> Int {
    var frozen: [(name: String, value: Weight)] = []
    if plan.language != .full { frozen += start.language.named }
    if !plan.trainsProjector { frozen += start.projector?.named ?? [] }
    return frozen.reduce(0) { $0 + $1.value.byteCount }
  }

  private static func operations(
    _ start: StartingPoint, _ plan: TrainingPlan, _ size: RunSize, _ recomputed: Int
  ) -> Double {
    let config = start.languageConfig
    let heads = Double(config.heads * config.headWidth)
    let shared = Double(config.keyValueHeads * config.headWidth)
    let (width, wide) = (Double(config.width), Double(config.intermediateWidth))
    let layer = 2 * width * (2 * heads + 2 * shared + 3 * wide)
    // Forward and what reaches the inputs; the weights' gradients where these are trained.
    var units = 2 + Double(recomputed) / Double(max(1, config.layers))
    if plan.language == .full { units += 1 }
    var perRow = Double(config.layers) * layer * units
    if let rank = plan.adapterScale?.rank {
      let pairs = 4 * (width + heads) + 2 * (width + shared) * 2 + 3 * (width + wide) * 2
      perRow += 3 * Double(config.layers * rank) * pairs
    }
    let head = 2 * width * Double(start.language.embedding.rows) * (plan.language == .full ? 3 : 2)
    // Causal attention: two products forward and five backward over half of the positions.
    let attention = Double(config.layers) * 7 * heads * Double(size.rows)
    return size.rowsOfStep * (perRow + attention) + size.targetsOfStep * head
  }

  /// The estimate with as few recomputed layers as fit into `memory` bytes; nil where even all of
  /// them recomputed do not.
  public static func fitting(
    _ start: StartingPoint, _ plan: TrainingPlan, _ size: RunSize, optimizer: Optimizer = .adamw,
    memory: Int
  ) -> RunEstimate? {
    func estimate(_ layers: Int) -> RunEstimate {
      RunEstimate(start, plan, size, optimizer: optimizer, recomputedLayers: layers)
    }
    var (low, high) = (0, start.languageConfig.layers)
    if plan.trainsVision { high += start.vision?.layers ?? 0 }
    let least = estimate(0)
    if least.memory <= memory { return least }
    guard estimate(high).memory <= memory else { return nil }
    while high - low > 1 {
      let middle = (low + high) / 2
      if estimate(middle).memory <= memory { high = middle } else { low = middle }
    }
    return estimate(high)
  }
}
