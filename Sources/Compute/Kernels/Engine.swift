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

  /// Lists of products of the same x [rows, columns], which is packed once for all of them.
  ///
  /// The products of a list have equally many weight rows and follow each other block by block, so
  /// that one may go on with what the one before it wrote; lists do not wait for each other.
  public func multiply(_ x: Floats, rows: Int, by lists: [[Product]]) {
    switch precision {
    case .bf16: multiplyPacked(x, rows: rows, by: lists)
    case .f32: for product in lists.joined() { multiplyBLAS(x, rows: rows, by: product) }
    }
  }

  private func multiplyPacked(_ x: Floats, rows: Int, by lists: [[Product]]) {
    guard let columns = lists.first?.first?.weights.columns else { return }
    let kernel = kernels.row.pointee.bf16
    let blocks = lists.map { ($0[0].weights.rows + kernel.block_rows - 1) / kernel.block_rows }
    for first in stride(from: 0, to: rows, by: kernel.max_rows) {
      let m = min(kernel.max_rows, rows - first)
      let packed = packScratch.bytes(kernel.packed_bytes(m, columns))
      let groups = (m + kernel.lanes - 1) / kernel.lanes
      pool.run(groups) { group, _ in
        kernel.pack(packed, x + first * columns, columns, m, columns, group, group + 1)
      }
      pool.run(blocks.reduce(0, +)) { task, worker in
        var (list, block) = (0, task)
        while block >= blocks[list] { (list, block) = (list + 1, block - blocks[list]) }
        for product in lists[list] {
          self.multiplyBlock(
            packed, rows: first..<first + m, by: product, from: block * kernel.block_rows, worker)
        }
      }
    }
  }

  /// One block of weight rows, whose results stay in the cache until they are finished.
  private func multiplyBlock(
    _ packed: UnsafeRawPointer, rows: Range<Int>, by product: Product, from row: Int, _ worker: Int
  ) {
    let kernel = kernels.row.pointee.bf16
    let (m, w) = (rows.count, product.weights)
    let n = min(kernel.block_rows, w.rows - row)
    var weights = w.fromRow(row)
    let blockBytes = (m * n * 4 + 63) / 64 * 64
    let scratch = self.scratch(of: worker, bytes: blockBytes + kernel.scratch_bytes(m, w.columns))
    let block = scratch.assumingMemoryBound(to: Float.self)
    kernel.multiply(block, n, packed, &weights, m, n, w.columns, scratch + blockBytes)
    finish(block, rows: rows, columns: row..<row + n, of: product)
  }

  /// Runs `body` over blocks of rows, sized so that a block is worth a thread's while.
  func forRowBlocks(_ rows: Int, width: Int, _ body: (Range<Int>) -> Void) {
    let block = max(1, 16384 / max(1, width))
    pool.run((rows + block - 1) / block) { task, _ in
      body(task * block..<min(rows, (task + 1) * block))
    }
  }
}
