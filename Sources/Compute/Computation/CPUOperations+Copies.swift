// Operations that only move elements.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import Tensors

extension CPUOperations {
  public func join(_ parts: [Tensor]) throws(AllocationError) -> Tensor {
    let width = parts.first?.width ?? 0
    let rows = parts.reduce(0) { $0 + $1.count / max(1, $1.width) }
    let out = try Tensor(uninitialized: .f32, shape: [rows, width])
    var target = out.mutableFloats
    for part in parts {
      precondition(part.width == width, "\(part.shape) does not fit rows of \(width)")
      target.update(from: part.floats, count: part.count)
      target += part.count
      keep(part)
    }
    return out
  }

  public func patches(of images: Tensor, patchSide: Int) throws(AllocationError) -> Tensor {
    precondition(images.shape.count == 4 && images.shape[2] == images.shape[3])
    let (batch, channels, side) = (images.shape[0], images.shape[1], images.shape[2])
    let across = side / patchSide
    let width = channels * patchSide * patchSide
    let out = try Tensor(uninitialized: .f32, shape: [batch * across * across, width])
    var target = out.mutableFloats
    for image in 0..<batch {
      for square in 0..<across * across {
        let corner = square / across * patchSide * side + square % across * patchSide
        for channel in 0..<channels {
          for line in 0..<patchSide {
            let plane = (image * channels + channel) * side * side
            target.update(from: images.floats + plane + corner + line * side, count: patchSide)
            target += patchSide
          }
        }
      }
    }
    keep(images)
    return out
  }
}
