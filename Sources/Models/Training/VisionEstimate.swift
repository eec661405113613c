// What training the vision tower adds to a run.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Towers

/// Memory in bytes of a micro-batch's images, and multiplications and additions of a step's; without
/// weights, moments and gradients, which are counted with all others.
struct VisionEstimate {
  let recomputedLayers: Int
  let activations: Int
  let workspace: Int
  let floatingPointOperations: Double

  /// Nil where the tower is not trained.
  init?(
    _ start: StartingPoint, _ plan: TrainingPlan, _ size: RunSize, recomputedLayers: Int
  ) {
    guard plan.trainsVision, let vision = start.vision else { return nil }
    let config = vision.config
    let recomputed = min(vision.layers, recomputedLayers)
    self.recomputedLayers = recomputed
    let rows = size.images * config.positions
    let row = VisionTower.keptBytesPerRow(config)
    var kept = Self.embeddings(config, images: size.images)
    kept += rows * ((vision.layers - recomputed) * row.everything + recomputed * row.input)
    // A layer that runs again keeps everything for a moment.
    if recomputed > 0 { kept += rows * row.everything }
    activations = kept
    workspace = Self.workspace(config, rows: rows)
    // Forward, what reaches the inputs, what reaches the weights.
    let units = 3 + Double(recomputed) / Double(max(1, vision.layers))
    // Attention: two products forward and five backward.
    floatingPointOperations =
      size.imagesOfStep * Self.operations(vision, products: units, attention: 7)
  }

  /// Multiplications and additions of an image's features; 0 where the tower is not trained.
  static func forwardOperations(_ start: StartingPoint, _ plan: TrainingPlan) -> Double {
    guard plan.trainsVision, let vision = start.vision else { return 0 }
    return operations(vision, products: 1, attention: 2)
  }

  /// Bytes of the features of so many images, where no layer keeps anything; 0 where the tower is not
  /// trained.
  static func forwardMemory(_ start: StartingPoint, _ plan: TrainingPlan, images: Int) -> Int {
    guard plan.trainsVision, let config = start.vision?.config else { return 0 }
    let rows = images * config.positions
    // One layer at a time.
    return embeddings(config, images: images) + rows
      * VisionTower.keptBytesPerRow(config).everything
      + workspace(config, rows: rows)
  }

  /// Bytes of normalised pixels and the squares of them; of sum and norm of the embeddings, and of
  /// features.
  private static func embeddings(_ config: VisionConfig, images: Int) -> Int {
    let pixels = VisionConfig.channels * config.imageSize * config.imageSize
    return images * 4 * (2 * pixels + config.positions * 3 * config.width)
  }

  /// Bytes of one layer's intermediate results.
  private static func workspace(_ config: VisionConfig, rows: Int) -> Int {
    4 * rows * (3 * config.intermediateWidth + 4 * config.width)
  }

  /// Multiplications and additions for an image, each layer's weights and its attention's products,
  /// over all positions, so many times.
  private static func operations(_ vision: VisionStart, products: Double, attention: Double)
    -> Double
  {
    let config = vision.config
    let (width, wide) = (Double(config.width), Double(config.intermediateWidth))
    let (positions, layers) = (Double(config.positions), Double(vision.layers))
    let weights = 2 * width * (4 * width + 2 * wide)
    return positions * layers * (weights * products + 2 * width * positions * attention)
  }
}
