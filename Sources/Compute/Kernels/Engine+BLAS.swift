// The f32 product through OpenBLAS.
// SPDX-License-Identifier: Apache-2.0
import CKernels
import COpenBLAS

extension Engine {
  /// Every call multiplies whole panels of these sizes, missing rows as zeros: with the same shape
  /// OpenBLAS takes the same path, so that a row's result does not depend on its company.
  private static let panelRows = 64
  private static let weightRows = 256

  func multiplyBLAS(_ x: Floats, rows: Int, by product: Product) {
    let w = product.weights
    let panels = (rows + Self.panelRows - 1) / Self.panelRows
    let tasks = (w.rows + Self.weightRows - 1) / Self.weightRows
    pool.run(tasks) { task, worker in
      let row = task * Self.weightRows
      let n = min(Self.weightRows, w.rows - row)
      let floats = Self.panelRows * (w.columns + n) + n * w.columns
      let panel = self.scratch(of: worker, bytes: floats * 4).assumingMemoryBound(to: Float.self)
      let block = panel + Self.panelRows * w.columns
      let weights = self.f32Rows(of: w, from: row, count: n, scratch: block + Self.panelRows * n)
      for index in 0..<panels {
        let first = index * Self.panelRows
        let m = min(Self.panelRows, rows - first)
        panel.update(from: x + first * w.columns, count: m * w.columns)
        (panel + m * w.columns).update(repeating: 0, count: (Self.panelRows - m) * w.columns)
        llava_blas_multiply(
          block, panel, weights, Int32(Self.panelRows), Int32(n), Int32(w.columns))
        self.finish(block, rows: first..<first + m, columns: row..<row + n, of: product)
      }
    }
  }

  /// Weights as contiguous f32 rows: where they are, or converted into `scratch`.
  private func f32Rows(
    of w: WeightMatrix, from row: Int, count: Int, scratch: UnsafeMutablePointer<Float>
  ) -> UnsafePointer<Float> {
    let start = w.base + row * w.rowBytes
    let aligned = UInt(bitPattern: start) % 4 == 0
    if w.type == .f32, w.rowBytes == w.columns * 4, aligned {
      return start.assumingMemoryBound(to: Float.self)
    }
    for r in 0..<count {
      let source = start + r * w.rowBytes
      vectors.to_f32(scratch + r * w.columns, source, w.type.element, w.columns)
    }
    return UnsafePointer(scratch)
  }
}
