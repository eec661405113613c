// A set of kernels and a pool of threads: the products and the row-wise functions in parallel.
// SPDX-License-Identifier: Apache-2.0
import CKernels
import COpenBLAS
import Operations
import Synchronization
import Threads

/// The error where an engine cannot compute in f32: libopenblas is not installed.
public struct MissingBLAS: Error, Equatable, Sendable {}

/// Runs kernels over a thread pool; f32 products of weights go through OpenBLAS where that treats
/// all rows alike. No result depends on how work is divided: an element of a product is one chain, and every
/// other function takes whole rows.
///
/// Any number of threads may call it; they wait for each other.
public final class Engine: Sendable {
  public let kernels: KernelSet
  public let pool: ThreadPool
  public let precision: Precision
  /// The format of activations multiplied by quantised weights, where products are in bf16.
  public let activations: ActivationFormat
  /// Whether OpenBLAS computes f32 products of weights.
  let usesBLAS: Bool
  /// Used inside a run of the pool, which is one at a time.
  private let workerScratch: [Scratch]
  /// Outlives a run: its user holds the lock.
  let packScratch = Mutex(Scratch())

  /// Loads OpenBLAS when `precision` is f32.
  public convenience init(
    kernels: KernelSet, pool: ThreadPool, precision: Precision,
    activations: ActivationFormat = .bf16
  ) throws(MissingBLAS) {
    guard precision == .bf16 || llava_blas_load() == 0 else { throw MissingBLAS() }
    self.init(
      kernels: kernels, pool: pool, precision: precision, activations: activations,
      usesBLAS: precision == .f32 && llava_blas_rows_agree() != 0)
  }

  init(
    kernels: KernelSet, pool: ThreadPool, precision: Precision,
    activations: ActivationFormat = .bf16, usesBLAS: Bool
  ) {
    self.kernels = kernels
    self.precision = precision
    self.activations = activations
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
    let formats = Set(lists.joined().map { way(of: $0.weights.format) })
    let ways = ProductWay.allCases.filter(formats.contains)
    let size = ways.map { kernel($0).block_rows }.max() ?? 1
    let blocks = lists.map { ($0[0].weights.rows + size - 1) / size }
    forPackedRows(x, rows: rows, columns: columns, ways: ways, packing: packScratch) { packed in
      pool.run(blocks.reduce(0, +)) { task, worker in
        var (list, block) = (0, task)
        while block >= blocks[list] { (list, block) = (list + 1, block - blocks[list]) }
        for product in lists[list] {
          self.multiplyBlock(packed, by: product, from: block * size, count: size, worker)
        }
      }
    }
  }

  /// Packs x [rows, columns] in all ways needed, as many rows at once as their products take, and runs
  /// `body` with them.
  func forPackedRows(
    _ x: Floats, rows: Int, columns: Int, ways: [ProductWay] = [.plain],
    packing packScratch: Scratch, _ body: (PackedRows) -> Void
  ) {
    let kernels = ways.map { kernel($0) }
    let most = kernels.map(\.max_rows).min() ?? rows
    for first in stride(from: 0, to: rows, by: most) {
      let m = min(most, rows - first)
      let sizes = kernels.map { aligned($0.packed_bytes(m, columns)) }
      var packed = PackedRows(rows: first..<first + m)
      var base = packScratch.bytes(sizes.reduce(0, +))
      for (index, kernel) in kernels.enumerated() {
        let target = base
        pool.run((m + kernel.lanes - 1) / kernel.lanes) { group, _ in
          kernel.pack(target, x + first * columns, columns, m, columns, group, group + 1)
        }
        packed[ways[index]] = UnsafeRawPointer(target)
        base += sizes[index]
      }
      body(packed)
    }
  }

  /// One block of weight rows, whose results stay in the cache until they are finished.
  private func multiplyBlock(
    _ packed: PackedRows, by product: Product, from row: Int, count: Int, _ worker: Int
  ) {
    let (m, w) = (packed.rows.count, product.weights)
    let way = way(of: w.format)
    guard let input = packed[way] else { preconditionFailure("rows are not packed as \(way)") }
    let kernel = kernel(way)
    let n = min(count, w.rows - row)
    var weights = w.fromRow(row)
    let blockBytes = aligned(m * n * 4)
    let bytes = scratchBytes(rows: m, weightRows: n, columns: w.columns, way: way)
    let scratch = self.scratch(of: worker, bytes: bytes)
    let block = scratch.assumingMemoryBound(to: Float.self)
    kernel.multiply(block, n, input, &weights, m, n, w.columns, scratch + blockBytes)
    finish(block, rows: packed.rows, columns: row..<row + n, product.output)
  }

  /// Runs `body` over blocks of columns, whole lines of the cache each.
  func forColumnBlocks(_ columns: Int, _ body: (Range<Int>) -> Void) {
    let block = 256
    pool.run((columns + block - 1) / block) { task, _ in
      body(task * block..<min(columns, (task + 1) * block))
    }
  }

  /// Runs `body` over blocks of rows that are large enough for a thread.
  func forRowBlocks(_ rows: Int, width: Int, _ body: (Range<Int>) -> Void) {
    let block = max(1, 16384 / max(1, width))
    pool.run((rows + block - 1) / block) { task, _ in
      body(task * block..<min(rows, (task + 1) * block))
    }
  }
}
