// Products alone, by weights of any format that can be written.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CPU
import Operations
import Quantisation
import Tensors

extension LlavaBench {
  /// The products of `--shape`, one after the other, each by weights of its own.
  func matmul(_ operations: CPUOperations) throws -> () throws -> Void {
    let products = try shape.split(separator: ",").map { try one(String($0), operations) }
    return { for product in products { try product() } }
  }

  private func one(_ shape: String, _ operations: CPUOperations) throws -> () throws -> Void {
    let sizes = shape.split(separator: "x").compactMap { Int($0) }
    guard sizes.count == 3, sizes.allSatisfy({ 1...65_536 ~= $0 }) else {
      throw ValidationError("--shape wants rows, width and outputs, as 640x4096x11008")
    }
    let x = try Tensor(noise(sizes[0] * sizes[1]), shape: [sizes[0], sizes[1]])
    let weight = try weights(rows: sizes[2], columns: sizes[1], operations)
    let dy = try Tensor(noise(sizes[0] * sizes[2]), shape: [sizes[0], sizes[2]])
    switch product {
    case .forward: return { _ = try operations.linear(x, weight: weight, bias: nil) }
    case .input: return { _ = try operations.inputGradient(dy, weight: weight) }
    case .weight:
      let gradient = try Tensor(.f32, shape: [sizes[2], sizes[1]])
      return { try operations.addWeightGradient(dy, x, to: gradient) }
    }
  }

  /// Some rows over and over: encoding them all would take longer than what is timed, and the time of
  /// a product does not depend on the numbers.
  private func weights(rows: Int, columns: Int, _ operations: CPUOperations) throws -> Weight {
    guard let quantiser = Quantiser(format), columns % format.blockElements == 0 else {
      throw ValidationError("\(columns) columns of \(format.name) cannot be written")
    }
    let some = min(rows, 16)
    let wide = try Tensor(noise(some * columns), shape: [some, columns])
    let encoded = try quantiser.rows(0..<some, of: Weight(f32: wide), on: operations.pool)
    let all = try Tensor(.u8, shape: [rows, encoded.shape[1]], blockRows: some) { range in
      encoded.rows(0..<range.count)
    }
    let storage = all.withUnsafeBytes { bytes in
      TensorStorage(borrowing: bytes, owner: Owner(tensor: all))
    }
    guard let weight = Weight(rows: rows, columns: columns, format: format, storage: storage) else {
      throw ValidationError("\(rows) rows of \(columns) are too many")
    }
    return weight
  }

  /// Keeps the bytes that a weight borrows.
  private final class Owner: Sendable {
    let tensor: Tensor
    init(tensor: Tensor) { self.tensor = tensor }
  }
}
