// What training the vision tower adds to a run.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Towers

/// Floating-point operations of a step's images, and which layers are recomputed.
struct VisionEstimate {
  let recomputedLayers: Int
  let floatingPointOperations: Double

  /// Nil if the tower is not trained.
  init?(
    _ start: StartingPoint, _ plan: TrainingPlan, _ size: RunSize, recomputedLayers: Int
  ) {
    guard plan.trainsVision, let vision = start.vision else { return nil }
    let recomputed = min(vision.layers, recomputedLayers)
    self.recomputedLayers = recomputed
    // The forward pass, and the gradients of inputs and of weights.
    let units = 3 + Double(recomputed) / Double(max(1, vision.layers))
    // Attention: two products forward and five backward.
    floatingPointOperations =
      size.imagesOfStep * Self.operations(vision, products: units, attention: 7)
  }

  /// Floating-point operations of an image's features; 0 if the tower is not trained.
  static func forwardOperations(_ start: StartingPoint, _ plan: TrainingPlan) -> Double {
    guard plan.trainsVision, let vision = start.vision else { return 0 }
    return operations(vision, products: 1, attention: 2)
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
