// Preprocessed images as the tower takes them.
// SPDX-License-Identifier: Apache-2.0
import Images
import Operations
import Tensors

extension VisionTower {
  /// Images U8 [side, side, 3], normalised: [count, 3, side, side] F32.
  public func input(_ pixels: [Tensor], by preprocessor: Preprocessor) throws -> Tensor {
    let side = config.imageSize
    let normalised = try pixels.map {
      try operations.upload(preprocessor.normalised($0).reshaped([3 * side, side]))
    }
    return try operations.join(normalised).reshaped([pixels.count, 3, side, side])
  }
}
