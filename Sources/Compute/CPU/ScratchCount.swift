// The scratch memory that products keep from one call to the next, counted.
// SPDX-License-Identifier: Apache-2.0
import CKernels
import Synchronization
import Tensors

/// What an engine's workers would hold of scratch, each block as large as its largest use.
final class ScratchCount: Sendable {
  private let engine: Engine
  private let memory: MemoryCount
  private struct State {
    var packed = 0
    var workers: [Int]
    var held: [AnyObject & Sendable] = []
  }
  private let state: Mutex<State>

  init(_ engine: Engine, _ memory: MemoryCount) {
    (self.engine, self.memory) = (engine, memory)
    state = Mutex(State(workers: [Int](repeating: 0, count: engine.pool.width)))
  }

  /// For so many tasks, which take `bytes` each of the worker that runs them.
  func use(tasks: Int, bytes: Int) {
    state.withLock { state in
      for worker in state.workers.indices.prefix(tasks) where bytes > state.workers[worker] {
        state.held.append(memory.pages(bytes - state.workers[worker]))
        state.workers[worker] = bytes
      }
    }
  }

  private func pack(rows: Int, columns: Int) {
    let bytes = engine.kernel.packed_bytes(rows, columns)
    state.withLock { state in
      guard bytes > state.packed else { return }
      state.held.append(memory.pages(bytes - state.packed))
      state.packed = bytes
    }
  }

  /// A product of x [rows, columns] by weight rows.
  func product(rows: Int, weightRows: Int, columns: Int) {
    let kernel = engine.kernel
    let (m, n) = (min(rows, kernel.max_rows), min(weightRows, kernel.block_rows))
    guard !engine.usesBLAS else { return blas(results: weightRows, columns: columns) }
    pack(rows: m, columns: columns)
    use(
      tasks: (weightRows + kernel.block_rows - 1) / max(1, kernel.block_rows),
      bytes: engine.scratchBytes(rows: m, weightRows: n, columns: columns))
  }

  /// A product of a [rows, weightRows] by the columns of a weight.
  func product(rows: Int, weightRows: Int, byColumns columns: Int) {
    let kernel = engine.kernel
    let (m, n) = (min(rows, kernel.max_rows), min(columns, kernel.block_rows))
    guard !engine.usesBLAS else { return blas(results: columns, columns: weightRows) }
    pack(rows: m, columns: weightRows)
    use(
      tasks: (columns + kernel.block_rows - 1) / max(1, kernel.block_rows),
      bytes: engine.scratchBytes(rows: m, columns: n, decoded: n, weightRows: weightRows))
  }

  private func blas(results: Int, columns: Int) {
    let block = min(results, Engine.blockWidth)
    use(
      tasks: (results + Engine.blockWidth - 1) / Engine.blockWidth,
      bytes: engine.scratchBytesBLAS(columns: columns, block: block))
  }

  /// Attention of spans of whole sequences.
  func attention(_ spans: [Range<Int>], heads: Int, headWidth: Int) {
    let longest = spans.map(\.count).max() ?? 0
    let bytes = llava_attention_scratch_bytes(
      engine.attentionProduct(), min(longest, Engine.queriesPerTask), headWidth,
      (longest + 31) / 32 * 32)
    use(tasks: spans.count * heads, bytes: bytes)
  }

  func attentionGradient(_ spans: [Range<Int>], heads: Int, headWidth: Int) {
    let bytes = llava_attention_gradient_scratch_bytes(
      engine.attentionProduct(), spans.map(\.count).max() ?? 0, headWidth)
    use(tasks: spans.count * heads, bytes: bytes)
  }
}
