// Operations that only move or convert elements.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import Operations
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

  public func rows(_ ids: [Int32], of table: Weight) throws(AllocationError) -> Tensor {
    let y = try Tensor(uninitialized: .f32, shape: [ids.count, table.columns])
    for (row, id) in ids.enumerated() {
      precondition(id >= 0 && Int(id) < table.rows, "id \(id) outside the table")
      engine.convertToF32(
        table.rawBase(ofRow: Int(id)), format: table.format,
        into: y.mutableFloats + row * table.columns, count: table.columns)
    }
    keep([table])
    return y
  }

  public func rows(_ ids: [Int32], of x: Tensor) throws(AllocationError) -> Tensor {
    try join(ids.map { x.rows(Int($0)..<Int($0) + 1) })
  }

  public func upload(_ x: Tensor) throws(AllocationError) -> Tensor { x }
  public func upload(_ weight: Weight) throws(AllocationError) -> Weight { weight }
  public func download(_ x: Tensor) throws(AllocationError) -> Tensor { x }

  public func vector(_ weight: Weight) throws(AllocationError) -> Weight {
    precondition(weight.rowOrder == nil, "a vector whose rows are stored in another order")
    let count = weight.rows * weight.columns
    let wide = try Tensor(uninitialized: .f32, shape: [count])
    engine.convertToF32(
      weight.rawBase, format: weight.format, into: wide.mutableFloats, count: count)
    keep([weight])
    return Weight(f32: wide)
  }

  public func convert(_ x: Tensor, to type: ElementType) throws(AllocationError) -> Tensor {
    precondition(type == .f32 || type == .bf16, "conversion to \(type) is not an operation")
    if x.elementType == type { return x }
    guard let format = WeightFormat(x.elementType) else {
      preconditionFailure("\(x.elementType.rawValue) is not a type of an activation")
    }
    let wide = try Tensor(uninitialized: .f32, shape: x.shape)
    engine.convertToF32(x.rawBase, format: format, into: wide.mutableFloats, count: x.count)
    keep(x)
    if type == .f32 { return wide }
    let narrow = try Tensor(uninitialized: .bf16, shape: x.shape)
    narrow.withUnsafeMutableBytes { bytes in
      guard let base = bytes.bindMemory(to: UInt16.self).baseAddress else { return }
      engine.convertToBF16(wide.floats, into: base, count: wide.count)
    }
    keep(wide)
    return narrow
  }
}
