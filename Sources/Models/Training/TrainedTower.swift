// The vision tower in training: the rows of its features that sequences keep.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Images
import Operations
import Tensors
import Towers

/// A vision tower whose parameters are trained.
struct TrainedTower: Sendable {
  let tower: VisionTower
  let preprocessor: Preprocessor
  let operations: any Operations

  /// The activations that features keep for the backward pass.
  struct Record {
    let vision: VisionRecord
    /// The kept rows of all features.
    let kept: [Int32]
    let images: Int
  }

  /// The kept rows of the features of images U8 [side, side, 3], of each its first so many; nil
  /// without images. No record where `recomputedLayers` is nil.
  func features(
    of pixels: [(image: Tensor, rows: Int)], recomputedLayers: Int?
  ) throws -> (features: Tensor, record: Record?)? {
    guard !pixels.isEmpty else { return nil }
    let input = try tower.input(pixels.map(\.image), by: preprocessor)
    var (features, vision): (Tensor, VisionRecord?)
    if let recomputedLayers {
      (features, vision) = try tower.forward(input, recomputedLayers: recomputedLayers)
    } else {
      (features, vision) = (try tower(input), nil)
    }
    let kept = pixels.enumerated().flatMap { index, pixels in
      (0..<pixels.rows).map { Int32(index * tower.rowsPerImage + $0) }
    }
    let record = vision.map { Record(vision: $0, kept: kept, images: pixels.count) }
    return (try operations.rows(kept, of: features), record)
  }

  /// Adds the gradients of the parameters from dkept [kept rows, width] to `gradients`.
  func addGradient(
    _ dkept: Tensor, of record: Record, into gradients: VisionParameters<Tensor>
  ) throws {
    let dfeatures = try operations.zeros(
      [record.images * tower.rowsPerImage, tower.config.width])
    operations.addRows(dkept, to: dfeatures, at: record.kept)
    try tower.addGradient(dfeatures, of: record.vision, into: gradients)
  }
}
