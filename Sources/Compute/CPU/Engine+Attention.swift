// Attention over cached keys and values, in parallel over heads and blocks of queries.
// SPDX-License-Identifier: Apache-2.0
import CKernels
import Tensors

/// Keys and values of one sequence in one layer, as the products want them: keys
/// [heads, capacity, headWidth] and values transposed [heads, headWidth, capacity], bf16 or f32 as
/// the engine's precision, or integers with scales [heads, capacity]; zero where not yet written.
public struct CachedSequence: @unchecked Sendable {
  public let keys: UnsafeMutableRawPointer
  public let values: UnsafeMutableRawPointer
  /// Scales of integers; nil for other formats.
  let scales: (keys: UnsafeMutablePointer<Float>, values: UnsafeMutablePointer<Float>)?
  /// A multiple of 32.
  public let capacity: Int
  public let heads: Int
  public let headWidth: Int

  init(
    keys: UnsafeMutableRawPointer, values: UnsafeMutableRawPointer,
    scales: (keys: UnsafeMutablePointer<Float>, values: UnsafeMutablePointer<Float>)? = nil,
    capacity: Int, heads: Int, headWidth: Int
  ) {
    precondition(capacity % 32 == 0)
    self.keys = keys
    self.values = values
    self.scales = scales
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
  /// Positions in the cache that the last row attends to; with `append`, one more than its key's position.
  public let visible: Int

  public init(cache: CachedSequence, rows: Range<Int>, visible: Int) {
    precondition(visible <= cache.capacity && rows.count <= visible)
    self.cache = cache
    self.rows = rows
    self.visible = visible
  }
}

extension Engine {
  /// How a sequence's keys and values are stored.
  private func element(of cache: CachedSequence) -> llava_element {
    cache.scales != nil ? WeightFormat.cached.element : attentionProduct().pointee.inputs
  }

  /// Each span cut into at most `rows` consecutive rows.
  private func parts(of spans: [AttentionSpan], rows: Int)
    -> [(span: AttentionSpan, rows: Range<Int>)]
  {
    spans.flatMap { span in
      stride(from: span.rows.lowerBound, to: span.rows.upperBound, by: rows).map {
        (span, $0..<min(span.rows.upperBound, $0 + rows))
      }
    }
  }

  /// Rows that one task appends: whole cache lines of transposed values, if they begin at one.
  private static let rowsPerAppend = 32

  /// Writes keys and values [rows, heads * headWidth] of each span at positions
  /// visible - rows.count ..< visible of its cache.
  public func append(keys: Floats, values: Floats, to spans: [AttentionSpan]) {
    let tasks = parts(of: spans, rows: Self.rowsPerAppend)
    pool.run(tasks.count) { index, worker in
      let (span, rows) = tasks[index]
      if span.cache.scales != nil {
        return self.append(rows, keys, values, to: span, as: Int8.self, worker) {
          self.vectors.to_integers($0, $1, $2)
        }
      }
      switch precision {
      case .bf16:
        self.append(rows, keys, values, to: span, as: UInt16.self, worker) {
          self.vectors.to_bf16($0, $1, $2)
          return 1
        }
      case .f32:
        self.append(rows, keys, values, to: span, as: Float.self, worker) {
          $0.update(from: $1, count: $2)
          return 1
        }
      }
    }
  }

  /// Appends some rows of a span, converted: keys as rows, values as columns. `convert` returns the
  /// scale of what it wrote.
  private func append<Element>(
    _ rows: Range<Int>, _ keys: Floats, _ values: Floats, to span: AttentionSpan, as: Element.Type,
    _ worker: Int, _ convert: (UnsafeMutablePointer<Element>, Floats, Int) -> Float
  ) {
    let (cache, width) = (span.cache, span.cache.headWidth)
    let headSize = cache.capacity * width
    let rowWidth = cache.heads * width
    let position = span.visible - span.rows.upperBound + rows.lowerBound
    let bytes = rows.count * width * MemoryLayout<Element>.stride
    let converted = scratch(of: worker, bytes: bytes).assumingMemoryBound(to: Element.self)
    for head in 0..<cache.heads {
      let source = rows.lowerBound * rowWidth + head * width
      let key =
        cache.keys.assumingMemoryBound(to: Element.self) + head * headSize + position * width
      let value = cache.values.assumingMemoryBound(to: Element.self) + head * headSize + position
      for row in 0..<rows.count {
        let keyScale = convert(key + row * width, keys + source + row * rowWidth, width)
        let valueScale = convert(
          converted + row * width, values + source + row * rowWidth, width)
        guard let scales = cache.scales else { continue }
        let place = head * cache.capacity + position + row
        (scales.keys[place], scales.values[place]) = (keyScale, valueScale)
      }
      for column in 0..<width {
        for row in 0..<rows.count {
          value[column * cache.capacity + row] = converted[row * width + column]
        }
      }
    }
  }

  /// Queries of one task.
  static let queriesPerTask = 48

  /// out [rows, heads * headWidth] = attention of `query`, of the same shape, for each span.
  ///
  /// `heads` may be a multiple of the cache's heads (grouped queries: consecutive query heads share
  /// one). Causal: the last row of a span attends to `visible` keys, each row before it to one fewer.
  /// `softmaxes` [rows, heads], where it is given, gets what the gradient needs.
  public func attend(
    _ query: Floats, heads: Int, causal: Bool, scale: Float, spans: [AttentionSpan],
    into out: MutableFloats, softmaxes: UnsafeMutablePointer<llava_softmax>? = nil
  ) {
    let tasks = parts(of: spans, rows: Self.queriesPerTask)
    let product = attentionProduct()
    pool.run(tasks.count * heads) { index, worker in
      let (task, head) = (tasks[index / heads], index % heads)
      let (cache, width) = (task.span.cache, task.span.cache.headWidth)
      let visible =
        causal
        ? task.span.visible - (task.span.rows.upperBound - task.rows.upperBound)
        : task.span.visible
      let length = (visible + 31) / 32 * 32
      let element = self.element(of: cache)
      let elementBytes = llava_format_of(element).pointee.block_bytes
      let firstKey = head / (heads / cache.heads) * cache.capacity
      let cached = firstKey * width * elementBytes
      let first = task.rows.lowerBound * heads * width + head * width
      var attention = llava_attention(
        q: query + first, q_stride: heads * width, keys: cache.keys + cached,
        key_row_bytes: width * elementBytes, values: cache.values + cached,
        value_row_bytes: cache.capacity * elementBytes, cached: element,
        key_scales: cache.scales.map { UnsafePointer($0.keys + firstKey) },
        value_scales: cache.scales.map { UnsafePointer($0.values + firstKey) },
        out: out + first,
        out_stride: heads * width, queries: task.rows.count, width: width, length: length,
        visible: visible, causal: causal ? 1 : 0, scale: scale,
        softmaxes: softmaxes.map { $0 + task.rows.lowerBound * heads + head },
        softmax_stride: heads)
      let bytes = llava_attention_scratch_bytes(product, task.rows.count, width, length)
      llava_attend(kernels.functions, product, &attention, scratch(of: worker, bytes: bytes))
    }
  }
}
