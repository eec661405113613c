// Attention over cached keys and values, in parallel over heads and blocks of queries.
// SPDX-License-Identifier: Apache-2.0
import CKernels

/// Keys and values of one sequence in one layer, as the products want them: keys
/// [heads, capacity, headWidth] and values transposed [heads, headWidth, capacity], bf16 or f32 as
/// the engine's precision, zero where not yet written.
public struct CachedSequence: @unchecked Sendable {
  public let keys: UnsafeMutableRawPointer
  public let values: UnsafeMutableRawPointer
  /// A multiple of 32.
  public let capacity: Int
  public let heads: Int
  public let headWidth: Int

  public init(
    keys: UnsafeMutableRawPointer, values: UnsafeMutableRawPointer, capacity: Int, heads: Int,
    headWidth: Int
  ) {
    precondition(capacity % 32 == 0)
    self.keys = keys
    self.values = values
    self.capacity = capacity
    self.heads = heads
    self.headWidth = headWidth
  }
}

/// One sequence's part of a batch: rows of the activations, and its cache.
public struct AttentionSpan: Sendable {
  public let cache: CachedSequence
  /// Rows of the batch that belong to this sequence, in order.
  public let rows: Range<Int>
  /// Positions in the cache that the last row sees; with `append`, where its key goes plus one.
  public let visible: Int

  public init(cache: CachedSequence, rows: Range<Int>, visible: Int) {
    precondition(visible <= cache.capacity && rows.count <= visible)
    self.cache = cache
    self.rows = rows
    self.visible = visible
  }
}

extension Engine {
  /// Bytes of one cached element.
  public var cacheElementBytes: Int { precision == .bf16 ? 2 : 4 }

  /// Writes keys and values [rows, heads * headWidth] of each span at positions
  /// visible - rows.count ..< visible of its cache.
  public func append(keys: Floats, values: Floats, to spans: [AttentionSpan]) {
    guard let heads = spans.first?.cache.heads else { return }
    pool.run(spans.count * heads) { task, worker in
      let (span, head) = (spans[task / heads], task % heads)
      switch precision {
      case .bf16:
        self.appendHead(head, keys, values, span, as: UInt16.self, worker) {
          self.vectors.to_bf16($0, $1, $2)
        }
      case .f32:
        self.appendHead(head, keys, values, span, as: Float.self, worker) {
          $0.update(from: $1, count: $2)
        }
      }
    }
  }

  private func appendHead<Element>(
    _ head: Int, _ keys: Floats, _ values: Floats, _ span: AttentionSpan, as: Element.Type,
    _ worker: Int, _ convert: (UnsafeMutablePointer<Element>, Floats, Int) -> Void
  ) {
    let (cache, width) = (span.cache, span.cache.headWidth)
    let rowWidth = cache.heads * width
    let keyBase = cache.keys.assumingMemoryBound(to: Element.self) + head * cache.capacity * width
    let valueBase =
      cache.values.assumingMemoryBound(to: Element.self) + head * width * cache.capacity
    let bytes = width * MemoryLayout<Element>.stride
    let converted = scratch(of: worker, bytes: bytes).assumingMemoryBound(to: Element.self)
    let start = span.visible - span.rows.count
    for (offset, row) in span.rows.enumerated() {
      let source = row * rowWidth + head * width
      let position = start + offset
      convert(keyBase + position * width, keys + source, width)
      convert(converted, values + source, width)
      for i in 0..<width { valueBase[i * cache.capacity + position] = converted[i] }
    }
  }

  /// Queries of one task.
  private static let queriesPerTask = 48

  /// out [rows, heads * headWidth] = attention of `query`, of the same shape, for each span.
  ///
  /// `heads` may be a multiple of the cache's heads (grouped queries: consecutive query heads share
  /// one). Causal: the last row of a span sees `visible` keys, each row before it one fewer.
  public func attend(
    _ query: Floats, heads: Int, causal: Bool, scale: Float, spans: [AttentionSpan],
    into out: MutableFloats
  ) {
    struct Task {
      let span: AttentionSpan
      let rows: Range<Int>
    }
    let step = Self.queriesPerTask
    let tasks = spans.flatMap { span in
      stride(from: 0, to: span.rows.count, by: step).map { first in
        Task(span: span, rows: first..<min(span.rows.count, first + step))
      }
    }
    let product = attentionProduct()
    pool.run(tasks.count * heads) { index, worker in
      let (task, head) = (tasks[index / heads], index % heads)
      let (cache, width) = (task.span.cache, task.span.cache.headWidth)
      let visible =
        causal
        ? task.span.visible - (task.span.rows.count - task.rows.upperBound)
        : task.span.visible
      let length = (visible + 31) / 32 * 32
      let cached = head / (heads / cache.heads) * cache.capacity * width * cacheElementBytes
      let first = (task.span.rows.lowerBound + task.rows.lowerBound) * heads * width + head * width
      var attention = llava_attention(
        q: query + first, q_stride: heads * width, keys: cache.keys + cached,
        key_row_bytes: width * cacheElementBytes, values: cache.values + cached,
        value_row_bytes: cache.capacity * cacheElementBytes, out: out + first,
        out_stride: heads * width, queries: task.rows.count, width: width, length: length,
        visible: visible, causal: causal ? 1 : 0, scale: scale)
      let bytes = llava_attention_scratch_bytes(product, task.rows.count, width, length)
      llava_attend(kernels.row, product, &attention, scratch(of: worker, bytes: bytes))
    }
  }
}

extension Float {
  /// The bits of the nearest bf16, ties to even.
  @inlinable var bf16: UInt16 {
    let bits = bitPattern
    if isNaN { return UInt16(truncatingIfNeeded: bits >> 16) | 0x40 }
    return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16)
  }
}
