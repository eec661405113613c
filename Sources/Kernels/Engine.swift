// A row of kernels and a pool of threads: the products and the row-wise functions in parallel.
// SPDX-License-Identifier: Apache-2.0
import CKernels
import COpenBLAS

/// Why an engine cannot compute in f32: libopenblas is not installed.
public struct MissingBLAS: Error, Equatable, Sendable {}

/// The number format that products use.
public enum Precision: String, Sendable, CaseIterable {
  /// Weights and activations rounded to bf16, sums in f32.
  case bf16
  /// Everything in f32; the weights' product through OpenBLAS.
  case f32
}

/// Runs kernels over a thread pool. No result depends on how work is cut: a row of a product is one
/// chain, and every other function takes whole rows.
public final class Engine: Sendable {
  public let kernels: KernelSet
  public let pool: ThreadPool
  public let precision: Precision
  private let workerScratch: [Scratch]
  private let packScratch = Scratch()

  /// Loads OpenBLAS when `precision` is f32.
  public init(kernels: KernelSet, threads: Int, precision: Precision) throws(MissingBLAS) {
    guard precision == .bf16 || llava_blas_load() == 0 else { throw MissingBLAS() }
    self.kernels = kernels
    self.precision = precision
    pool = ThreadPool(width: threads)
    workerScratch = (0..<max(1, threads)).map { _ in Scratch() }
  }

  public var vectors: llava_vectors { kernels.row.pointee.vectors }

  /// The product that attention uses: on bf16 or f32 keys and values.
  func attentionProduct() -> UnsafePointer<llava_product> {
    let offset: Int? =
      precision == .bf16
      ? MemoryLayout<llava_kernels>.offset(of: \.bf16)
      : MemoryLayout<llava_kernels>.offset(of: \.f32)
    let base = UnsafeRawPointer(kernels.row) + (offset ?? 0)
    return base.assumingMemoryBound(to: llava_product.self)
  }

  /// Scratch of `worker`, whom `ThreadPool.run` names.
  func scratch(of worker: Int, bytes: Int) -> UnsafeMutableRawPointer {
    workerScratch[worker].bytes(bytes)
  }

  /// x [rows, w.columns] . w^T + bias, as `epilogue` says into y [rows, w.rows]; no gaps between
  /// rows.
  public func multiply(
    _ x: Floats, rows: Int, by w: WeightMatrix, bias: Floats?, _ epilogue: Epilogue = .store(nil),
    into y: MutableFloats
  ) {
    switch precision {
    case .bf16: multiplyPacked(x, rows: rows, by: w, bias: bias, epilogue, into: y)
    case .f32: multiplyBLAS(x, rows: rows, by: w, bias: bias, epilogue, into: y)
    }
  }

  /// A task takes one block of weight rows, whose results stay in the cache until they are
  /// finished.
  private func multiplyPacked(
    _ x: Floats, rows: Int, by w: WeightMatrix, bias: Floats?, _ epilogue: Epilogue,
    into y: MutableFloats
  ) {
    let product = kernels.row.pointee.bf16
    for first in stride(from: 0, to: rows, by: product.max_rows) {
      let m = min(product.max_rows, rows - first)
      let packed = packScratch.bytes(product.packed_bytes(m, w.columns))
      let groups = (m + product.lanes - 1) / product.lanes
      pool.run(groups) { group, _ in
        product.pack(packed, x + first * w.columns, w.columns, m, w.columns, group, group + 1)
      }
      let tasks = (w.rows + product.block_rows - 1) / product.block_rows
      pool.run(tasks) { task, worker in
        let row = task * product.block_rows
        let n = min(product.block_rows, w.rows - row)
        var weights = w.fromRow(row)
        let blockBytes = (m * n * 4 + 63) / 64 * 64
        let scratch = self.scratch(
          of: worker, bytes: blockBytes + product.scratch_bytes(m, w.columns))
        let block = scratch.assumingMemoryBound(to: Float.self)
        product.multiply(block, n, packed, &weights, m, n, w.columns, scratch + blockBytes)
        self.finish(
          block, rows: m, width: n, bias: bias.map { $0 + row }, epilogue,
          into: y + first * w.rows + row, stride: w.rows)
      }
    }
  }

  /// Runs `body` over blocks of rows, sized so that a block is worth a thread's while.
  func forRowBlocks(_ rows: Int, width: Int, _ body: (Range<Int>) -> Void) {
    let block = max(1, 16384 / max(1, width))
    pool.run((rows + block - 1) / block) { task, _ in
      body(task * block..<min(rows, (task + 1) * block))
    }
  }
}
