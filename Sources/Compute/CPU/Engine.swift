// A set of kernels and a pool of threads: the products and the row-wise functions in parallel.
// SPDX-License-Identifier: Apache-2.0
import CKernels
import COpenBLAS
import Operations
import Synchronization
import Threads

/// Why an engine cannot compute in f32: libopenblas is not installed.
public struct MissingBLAS: Error, Equatable, Sendable {}

/// Runs kernels over a thread pool; f32 products of weights go through OpenBLAS where that treats
/// all rows alike. No result depends on how work is cut: a row of a product is one chain, and every
/// other function takes whole rows.
///
/// Any number of threads may call it: they wait for each other.
public final class Engine: Sendable {
  public let kernels: KernelSet
  public let pool: ThreadPool
  public let precision: Precision
  /// Whether f32 products of weights are OpenBLAS's.
  let usesBLAS: Bool
  /// Used inside a run of the pool, which is one at a time.
  private let workerScratch: [Scratch]
  /// Outlives a run: its user holds the lock.
  let packScratch = Mutex(Scratch())

  /// Loads OpenBLAS when `precision` is f32.
  public convenience init(kernels: KernelSet, pool: ThreadPool, precision: Precision)
    throws(MissingBLAS)
  {
    guard precision == .bf16 || llava_blas_load() == 0 else { throw MissingBLAS() }
    self.init(
      kernels: kernels, pool: pool, precision: precision,
      usesBLAS: precision == .f32 && llava_blas_rows_agree() != 0)
  }

  init(kernels: KernelSet, pool: ThreadPool, precision: Precision, usesBLAS: Bool) {
    self.kernels = kernels
    self.precision = precision
    self.pool = pool
    self.usesBLAS = usesBLAS
    workerScratch = (0..<pool.width).map { _ in Scratch() }
  }

  public convenience init(kernels: KernelSet, threads: Int, precision: Precision)
    throws(MissingBLAS)
  {
    try self.init(kernels: kernels, pool: ThreadPool(width: threads), precision: precision)
  }

  public var vectors: llava_vectors { kernels.functions.pointee.vectors }

  /// The product of this precision.
  var kernel: llava_product { attentionProduct().pointee }

  /// The product that attention uses: on bf16 or f32 keys and values.
  func attentionProduct() -> UnsafePointer<llava_product> {
    let offset: Int? =
      precision == .bf16
      ? MemoryLayout<llava_kernels>.offset(of: \.bf16)
      : MemoryLayout<llava_kernels>.offset(of: \.f32)
    let base = UnsafeRawPointer(kernels.functions) + (offset ?? 0)
    return base.assumingMemoryBound(to: llava_product.self)
  }

  /// Scratch of `worker`, whom `ThreadPool.run` names.
  func scratch(of worker: Int, bytes: Int) -> UnsafeMutableRawPointer {
    workerScratch[worker].bytes(bytes)
  }

  /// Lists of products of the same x [rows, columns], which is packed once for all of them.
  ///
  /// The products of a list have equally many weight rows and follow each other block by block, so
  /// that one may go on with what the one before it wrote; lists do not wait for each other.
  public func multiply(_ x: Floats, rows: Int, by lists: [[Product]]) {
    if usesBLAS {
      for product in lists.joined() { multiplyBLAS(x, rows: rows, by: product) }
    } else {
      packScratch.withLock { multiplyPacked(x, rows: rows, by: lists, packing: $0) }
    }
  }

  private func multiplyPacked(
    _ x: Floats, rows: Int, by lists: [[Product]], packing packScratch: Scratch
  ) {
    guard let columns = lists.first?.first?.weights.columns else { return }
    let size = kernel.block_rows
    let blocks = lists.map { ($0[0].weights.rows + size - 1) / size }
    forPackedRows(x, rows: rows, columns: columns, packing: packScratch) { packed, rows in
      pool.run(blocks.reduce(0, +)) { task, worker in
        var (list, block) = (0, task)
        while block >= blocks[list] { (list, block) = (list + 1, block - blocks[list]) }
        for product in lists[list] {
          self.multiplyBlock(packed, rows: rows, by: product, from: block * size, worker)
        }
      }
    }
  }

  /// Packs x [rows, columns], as many rows at once as a product takes, and runs `body` with them.
  func forPackedRows(
    _ x: Floats, rows: Int, columns: Int, packing packScratch: Scratch,
    _ body: (UnsafeRawPointer, Range<Int>) -> Void
  ) {
    let kernel = kernel
    for first in stride(from: 0, to: rows, by: kernel.max_rows) {
      let m = min(kernel.max_rows, rows - first)
      let packed = packScratch.bytes(kernel.packed_bytes(m, columns))
      pool.run((m + kernel.lanes - 1) / kernel.lanes) { group, _ in
        kernel.pack(packed, x + first * columns, columns, m, columns, group, group + 1)
      }
      body(packed, first..<first + m)
    }
  }

  /// One block of weight rows, whose results stay in the cache until they are finished.
  private func multiplyBlock(
    _ packed: UnsafeRawPointer, rows: Range<Int>, by product: Product, from row: Int, _ worker: Int
  ) {
    let kernel = kernel
    let (m, w) = (rows.count, product.weights)
    let n = min(kernel.block_rows, w.rows - row)
    var weights = w.fromRow(row)
    let blockBytes = aligned(m * n * 4)
    let bytes = scratchBytes(rows: m, weightRows: n, columns: w.columns)
    let scratch = self.scratch(of: worker, bytes: bytes)
    let block = scratch.assumingMemoryBound(to: Float.self)
    kernel.multiply(block, n, packed, &weights, m, n, w.columns, scratch + blockBytes)
    finish(block, rows: rows, columns: row..<row + n, product.output)
  }

  /// Runs `body` over blocks of columns, whole lines of the cache each.
  func forColumnBlocks(_ columns: Int, _ body: (Range<Int>) -> Void) {
    let block = 256
    pool.run((columns + block - 1) / block) { task, _ in
      body(task * block..<min(columns, (task + 1) * block))
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
