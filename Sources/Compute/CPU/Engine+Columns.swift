// Products with the columns of a row-major matrix, which gradients need.
// SPDX-License-Identifier: Apache-2.0
import CKernels
import COpenBLAS
import Tensors

extension Engine {
  /// y [rows, b.columns] = or += a [rows, b.rows] . b, whose rows stay where they are: a block of
  /// its columns at a time is transposed into scratch, where the products know it as weights.
  ///
  /// Rounding and order are those of `multiply`: a chain over b's rows an element.
  public func multiply(
    _ a: Floats, rows: Int, byColumnsOf b: WeightMatrix, adding: Bool = false,
    into y: MutableFloats
  ) {
    let output = Output(adding ? .add : .store(nil), into: y, width: b.columns)
    if usesBLAS {
      multiplyBLAS(a, rows: rows, byColumnsOf: b, output)
    } else {
      packScratch.withLock {
        multiplyPacked(a, rows: rows, byColumnsOf: b, output, packing: $0)
      }
    }
  }

  private func multiplyPacked(
    _ a: Floats, rows: Int, byColumnsOf b: WeightMatrix, _ output: Output, packing: Scratch
  ) {
    let kernel = kernel
    let blocks = (b.columns + kernel.block_rows - 1) / kernel.block_rows
    forPackedRows(a, rows: rows, columns: b.rows, packing: packing) { packed in
      pool.run(blocks) { block, worker in
        let first = block * kernel.block_rows
        let columns = first..<min(b.columns, first + kernel.block_rows)
        self.multiplyBlock(packed, byColumns: columns, of: b, output, worker)
      }
    }
  }

  /// The stride of transposed rows is not a power of two: rows would share one set of the cache.
  static let gap = 32

  private func multiplyBlock(
    _ packed: PackedRows, byColumns columns: Range<Int>, of b: WeightMatrix, _ output: Output,
    _ worker: Int
  ) {
    guard let input = packed[.plain] else { preconditionFailure("rows are not packed") }
    let kernel = kernel
    let (m, n, stride) = (packed.rows.count, columns.count, b.rows + Self.gap)
    let whole = wholeBlocks(of: b.format, around: columns)
    let width = llava_format_of(kernel.inputs).pointee.block_bytes
    let resultBytes = aligned(m * n * 4)
    let transposedBytes = aligned(n * stride * width)
    let decodedBytes = aligned(Self.rowsAtOnce * whole.count * width)
    let scratch = self.scratch(
      of: worker,
      bytes: scratchBytes(rows: m, columns: n, decoded: whole.count, weightRows: b.rows))
    let results = scratch.assumingMemoryBound(to: Float.self)
    let transposed = scratch + resultBytes
    let decoded = transposed + transposedBytes
    transpose(columns, of: b, whole: whole, into: transposed, stride: stride, decoded: decoded)
    var weights = llava_weights(
      data: transposed, element: kernel.inputs, row_bytes: stride * width)
    kernel.multiply(results, n, input, &weights, m, n, b.rows, decoded + decodedBytes)
    finish(results, rows: packed.rows, columns: columns, output)
  }

  /// Rows that are decoded before they are transposed: those that become one vector.
  static let rowsAtOnce = 8

  /// `columns`, widened to whole blocks of the format.
  private func wholeBlocks(of format: WeightFormat, around columns: Range<Int>) -> Range<Int> {
    let size = format.blockElements
    return columns.lowerBound / size * size..<(columns.upperBound + size - 1) / size * size
  }

  /// transposed [columns.count, b.rows], `stride` apart, as this precision's elements.
  private func transpose(
    _ columns: Range<Int>, of b: WeightMatrix, whole: Range<Int>,
    into transposed: UnsafeMutableRawPointer, stride: Int, decoded: UnsafeMutableRawPointer
  ) {
    let (row, vectors) = (decoder(of: b.format), vectors)
    let offset = whole.lowerBound / row.block_elements * row.block_bytes
    let skipped = columns.lowerBound - whole.lowerBound
    for first in Swift.stride(from: 0, to: b.rows, by: Self.rowsAtOnce) {
      let count = min(Self.rowsAtOnce, b.rows - first)
      let sources = (first..<first + count).map { b.base(ofRow: $0) + offset }
      switch precision {
      case .bf16:
        let halves = decoded.assumingMemoryBound(to: UInt16.self)
        for index in 0..<count {
          row.to_bf16(halves + index * whole.count, sources[index], whole.count)
        }
        vectors.transpose_16(
          transposed.assumingMemoryBound(to: UInt16.self) + first, stride, halves + skipped,
          whole.count, count, columns.count)
      case .f32:
        let floats = decoded.assumingMemoryBound(to: Float.self)
        for index in 0..<count {
          row.to_f32(floats + index * whole.count, sources[index], whole.count)
        }
        vectors.transpose_32(
          transposed.assumingMemoryBound(to: Float.self) + first, stride, floats + skipped,
          whole.count, count, columns.count)
      }
    }
  }

  /// y [columns, rows] = x [rows, columns] transposed.
  public func transpose(_ x: Floats, rows: Int, columns: Int, into y: MutableFloats) {
    let function = vectors.transpose_32
    forRowBlocks(columns, width: rows) { block in
      function(
        y + block.lowerBound * rows, rows, x + block.lowerBound, columns, rows, block.count)
    }
  }
}
