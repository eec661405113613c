// Products of arrays.
// SPDX-License-Identifier: Apache-2.0
@testable import CPU

extension Engine {
  /// What becomes of y [rows, outputs] after the product of the first rows of x [_, width] by
  /// `weights` [outputs, width], f32 or the bits of bf16.
  func multiply<Element>(
    _ x: [Float], rows: Int, by weights: [Element], outputs: Int, bias: [Float] = [],
    _ epilogue: Epilogue = .store(nil), over y: [Float]
  ) -> [Float] {
    var y = y
    weights.withUnsafeBytes { bytes in
      let matrix = WeightMatrix(
        base: bytes.baseAddress!, format: Element.self == Float.self ? .f32 : .bf16, rows: outputs,
        columns: weights.count / outputs)
      bias.withUnsafeBufferPointer { bias in
        y.withUnsafeMutableBufferPointer { y in
          let product = Engine.Product(
            by: matrix, bias: bias.isEmpty ? nil : bias.baseAddress, epilogue, into: y.baseAddress!)
          multiply(x, rows: rows, by: [[product]])
        }
      }
    }
    return y
  }
}
