// What a run will take: memory by kind, and work.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Decoders
import InputOutput
import Operations
import Tensors

/// Memory in bytes, and floating-point operations of a step.
public struct RunEstimate: Equatable, Sendable {
  /// Frozen weights in memory-mapped files, and the f32 master weights of what is trained.
  public var weights = 0
  /// Moments and gradients.
  public var states = 0
  /// Bytes of a checkpoint: trained weights, and moments.
  public var stateBytes = 0
  /// The other memory of a step: activations kept for the backward pass, intermediate results, scratch,
  /// and the features as they were read.
  public var activations = 0
  /// The same for an evaluation after a step, which replaces the step's.
  public var evaluation = 0
  /// The memory of the program before it trains, set by the caller.
  public var process = 0
  public var floatingPointOperations = 0.0
  /// Of one evaluation.
  public var operationsOfEvaluation = 0.0
  /// Those of a step of Muon, whose products are in f32.
  public var exactOperations = 0.0
  /// Layers that keep only their input: those of a trained tower first, then the decoder's.
  public var recomputedLayers: Int { recomputedVisionLayers + recomputedLanguageLayers }
  public var recomputedVisionLayers = 0
  public var recomputedLanguageLayers = 0

  public var memory: Int {
    [weights, states, max(activations, evaluation)].reduce(process) {
      checkedSum($0, $1) ?? .max
    }
  }

  /// The estimate with `recomputedLayers` layers that keep only their input. `operations` makes the
  /// operations that count a rehearsal. `size` is that of one of `ranks`.
  public init(
    _ start: StartingPoint, _ plan: TrainingPlan, _ size: RunSize,
    optimizer: Optimizer = .adamw, recomputedLayers: Int, ranks: Int = 1,
    counting operations: () -> any CountingOperations
  ) throws {
    let shapes = start.shapes(plan)
    let trained = shapes.values.reduce(0) { $0 + $1.reduce(1, *) }
    weights = 4 * trained + Self.frozenBytes(start, plan, size)
    let kept = shapes.named.reduce(0) { sum, parameter in
      let method = optimizer.method(of: parameter.name, shape: parameter.value)
      return sum + parameter.value.reduce(method.statesPerElement, *)
    }
    stateBytes = 4 * (trained + kept)
    states = 4 * (kept + trained * GradientSum.buffers(microBatches: size.accumulation))
    let vision = VisionEstimate(start, plan, size, recomputedLayers: recomputedLayers)
    recomputedVisionLayers = vision?.recomputedLayers ?? 0
    recomputedLanguageLayers = min(
      start.languageConfig.layers, recomputedLayers - recomputedVisionLayers)
    let peaks = try Rehearsal(
      start, plan, size, optimizer,
      recomputed: (recomputedVisionLayers, recomputedLanguageLayers), operations()
    ).peaks()
    activations = max(0, peaks.step - 4 * trained - states)
    evaluation = max(0, peaks.evaluation - 4 * trained - states)
    if ranks > 1 {
      // The optimiser keeps a rank's share, and slices of all ranks need room.
      let largest = shapes.values.map { $0.reduce(1, *) }.max() ?? 0
      states += 4 * (largest - kept + kept / ranks)
    }
    let matrices = shapes.muonMatrices(optimizer)
    exactOperations = matrices.reduce(0) { $0 + Muon.floatingPointOperations($1) }
    operationsOfEvaluation = (size.evaluation?.operations(start, plan) ?? 0) / Double(ranks)
    floatingPointOperations =
      Self.operations(start, plan, size, recomputedLanguageLayers)
      + (vision?.floatingPointOperations ?? 0)
  }

  /// Of mapped weights those that a run reads: of an embedding the rows of its tokens, with what the
  /// system maps around each.
  private static func frozenBytes(_ start: StartingPoint, _ plan: TrainingPlan, _ size: RunSize)
    -> Int
  {
    var frozen: [(name: String, value: Weight)] = []
    if plan.language != .full { frozen += start.language.named }
    if !plan.trainsProjector { frozen += start.projector?.named ?? [] }
    var bytes = frozen.reduce(0) { $0 + $1.value.byteCount }
    if plan.language != .full, start.language.output != nil, let read = size.embeddingBytes {
      bytes -= max(0, start.language.embedding.byteCount - read)
    }
    return bytes
  }

  private static func operations(
    _ start: StartingPoint, _ plan: TrainingPlan, _ size: RunSize, _ recomputed: Int
  ) -> Double {
    let config = start.languageConfig
    let heads = Double(config.heads * config.headWidth)
    let shared = Double(config.keyValueHeads * config.headWidth)
    let (width, wide) = (Double(config.width), Double(config.intermediateWidth))
    let layer = 2 * width * (2 * heads + 2 * shared + 3 * wide)
    // The forward pass and the gradients of inputs; those of weights where they are trained.
    var units = 2 + Double(recomputed) / Double(max(1, config.layers))
    if plan.language == .full { units += 1 }
    var perRow = Double(config.layers) * layer * units
    if let rank = plan.adapterScale?.rank {
      let pairs = 4 * (width + heads) + 2 * (width + shared) * 2 + 3 * (width + wide) * 2
      perRow += 3 * Double(config.layers * rank) * pairs
    }
    let head = 2 * width * Double(start.language.embedding.rows) * (plan.language == .full ? 3 : 2)
    // Causal attention: two products forward and five backward over half of the positions.
    let attention =
      Double(config.layers) * 7 * heads * Double(size.batch.rows)
      / Double(max(1, size.batch.records))
    return size.rowsOfStep * (perRow + attention) + size.targetsOfStep * head
  }

  /// The estimate with as few recomputed layers as fit into `memory` bytes, of which the program
  /// takes `process`; nil where even all of them recomputed do not.
  public static func fitting(
    _ start: StartingPoint, _ plan: TrainingPlan, memory: Int,
    estimate: (_ recomputedLayers: Int) throws -> RunEstimate
  ) rethrows -> RunEstimate? {
    let least = try estimate(0)
    if least.memory <= memory { return least }
    var (low, high) = (0, start.languageConfig.layers)
    if plan.trainsVision { high += start.vision?.layers ?? 0 }
    var found = try estimate(high)
    guard found.memory <= memory else { return nil }
    while high - low > 1 {
      let middle = (low + high) / 2
      let between = try estimate(middle)
      if between.memory <= memory { (high, found) = (middle, between) } else { low = middle }
    }
    return found
  }
}
