// The f32 products through OpenBLAS.
// SPDX-License-Identifier: Apache-2.0
import CKernels
import COpenBLAS

extension Engine {
  /// Every call multiplies whole panels of these sizes, missing rows as zeros: with the same shape
  /// OpenBLAS takes the same path, so that a row's result does not depend on its company.
  static let panelRows = 64
  /// A multiple of every format's block.
  static let blockWidth = 256

  func multiplyBLAS(_ x: Floats, rows: Int, by product: Product) {
    let w = product.weights
    // Decoding takes the rows in the matrix's order, so that results come in it too.
    forBLASBlocks(x, rows: rows, columns: w.columns, product.output.inOrder) { block, scratch in
      let weights = self.f32Rows(
        of: w, rows: block, columns: 0..<w.columns, scratch: scratch)
      return { results, panel in
        llava_blas_multiply(
          results, panel, weights.base, Int32(weights.stride), Int32(Self.panelRows),
          Int32(block.count), Int32(w.columns))
      }
    }
  }

  func multiplyBLAS(_ a: Floats, rows: Int, byColumnsOf b: WeightMatrix, _ output: Output) {
    forBLASBlocks(a, rows: rows, columns: b.rows, output) { block, scratch in
      let matrix = self.f32Rows(of: b, rows: 0..<b.rows, columns: block, scratch: scratch)
      return { results, panel in
        llava_blas_multiply_columns(
          results, panel, matrix.base, Int32(matrix.stride), Int32(Self.panelRows),
          Int32(block.count), Int32(b.rows))
      }
    }
  }

  /// Cuts the results into blocks of columns, a task each, and those into panels of rows.
  /// `prepare` is given a block and scratch for its weights, and returns what multiplies a panel.
  private func forBLASBlocks(
    _ x: Floats, rows: Int, columns: Int, _ output: Output,
    _ prepare: (Range<Int>, UnsafeMutablePointer<Float>) -> (MutableFloats, Floats) -> Void
  ) {
    let panels = (rows + Self.panelRows - 1) / Self.panelRows
    let tasks = (output.width + Self.blockWidth - 1) / Self.blockWidth
    pool.run(tasks) { task, worker in
      let first = task * Self.blockWidth
      let block = first..<min(output.width, first + Self.blockWidth)
      let bytes = self.scratchBytesBLAS(columns: columns, block: block.count)
      let panel = self.scratch(of: worker, bytes: bytes).assumingMemoryBound(to: Float.self)
      let results = panel + Self.panelRows * columns
      let multiply = prepare(block, results + Self.panelRows * block.count)
      for index in 0..<panels {
        let first = index * Self.panelRows
        let m = min(Self.panelRows, rows - first)
        panel.update(from: x + first * columns, count: m * columns)
        (panel + m * columns).update(repeating: 0, count: (Self.panelRows - m) * columns)
        multiply(results, panel)
        self.finish(results, rows: first..<first + m, columns: block, output)
      }
    }
  }

  /// Some rows and columns, whole blocks, of a matrix as f32, rows `stride` apart: where they are,
  /// or decoded into `scratch`.
  private func f32Rows(
    of w: WeightMatrix, rows: Range<Int>, columns: Range<Int>,
    scratch: UnsafeMutablePointer<Float>
  ) -> (base: UnsafePointer<Float>, stride: Int) {
    let start = w.base + rows.lowerBound * w.rowBytes
    if w.format == .f32, w.rowOrder == nil, UInt(bitPattern: start) % 4 == 0, w.rowBytes % 4 == 0 {
      let base = start.assumingMemoryBound(to: Float.self) + columns.lowerBound
      return (base, w.rowBytes / 4)
    }
    let row = decoder(of: w.format)
    let offset = columns.lowerBound / row.block_elements * row.block_bytes
    for (index, number) in rows.enumerated() {
      row.to_f32(
        scratch + index * columns.count, w.base(ofRow: number) + offset, columns.count)
    }
    return (UnsafePointer(scratch), columns.count)
  }
}
