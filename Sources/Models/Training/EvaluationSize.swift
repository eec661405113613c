// What one evaluation on held-out records takes.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints

/// The size of the held-out records.
public struct EvaluationSize: Equatable, Sendable {
  /// Positions of the longest batch.
  public var rows: Int
  /// Positions, and tokens that carry loss, of all records.
  public var allRows: Int
  public var targets: Int
  /// Records.
  public var count: Int
  /// Images of the batch with most images, and of all records; they matter if the tower is trained.
  public var images = 0
  /// Records of the longest batch, and its rows that come from images.
  public var records = 1
  public var imageRows = 0
  public var allImages = 0

  public init(rows: Int, allRows: Int, targets: Int, count: Int) {
    (self.rows, self.allRows, self.targets, self.count) = (rows, allRows, targets, count)
  }

  /// Floating-point operations of a forward pass over all of them.
  func operations(_ start: StartingPoint, _ plan: TrainingPlan) -> Double {
    let config = start.languageConfig
    let heads = Double(config.heads * config.headWidth)
    let shared = Double(config.keyValueHeads * config.headWidth)
    let (width, wide) = (Double(config.width), Double(config.intermediateWidth))
    var layer = 2 * width * (2 * heads + 2 * shared + 3 * wide)
    if let rank = plan.adapterScale?.rank {
      layer += Double(rank) * (4 * (width + heads) + 4 * (width + shared) + 6 * (width + wide))
    }
    // Causal attention: two products over half of the positions of a usual record.
    layer += 2 * heads * Double(allRows) / Double(max(1, count))
    let head = 2 * width * Double(start.language.embedding.rows)
    let vision = VisionEstimate.forwardOperations(start, plan) * Double(allImages)
    return Double(allRows) * Double(config.layers) * layer + Double(targets) * head + vision
  }
}
