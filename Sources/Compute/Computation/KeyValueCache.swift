// The keys and values of one sequence, layer by layer.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels
import Tensors

/// Keys [layers, heads, capacity, headWidth] and values [layers, heads, headWidth, capacity] of one
/// sequence. Values are transposed so that both attention products read rows.
public final class KeyValueCache: @unchecked Sendable {
  // Sendable: the operation that writes a span is the only user of its cache at that time.
  public let capacity: Int
  public let layers: Int
  public let heads: Int
  public let headWidth: Int
  /// Positions that hold a token.
  public private(set) var length = 0
  private let elementBytes: Int
  private let keys: TensorStorage
  private let values: TensorStorage

  /// An empty cache for `capacity` positions, rounded up to a multiple of 32.
  public init(
    layers: Int, heads: Int, headWidth: Int, capacity: Int, precision: Precision
  ) throws(AllocationError) {
    elementBytes = precision == .bf16 ? 2 : 4
    var byteCount = elementBytes
    for size in [layers, heads, headWidth, (capacity + 31) / 32 * 32] {
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: size)
      guard size >= 0, !overflow else { throw AllocationError(byteCount: .max) }
      byteCount = product
    }
    self.capacity = (capacity + 31) / 32 * 32
    self.layers = layers
    self.heads = heads
    self.headWidth = headWidth
    keys = try TensorStorage(byteCount: byteCount)
    values = try TensorStorage(byteCount: byteCount)
  }

  /// Bytes that a cache of this shape takes once it is full.
  public var byteCount: Int { keys.byteCount + values.byteCount }

  /// Makes room for `count` more tokens; the caller writes them in every layer.
  public func advance(by count: Int) {
    precondition(length + count <= capacity, "the cache is full")
    length += count
  }

  /// Forgets the positions from `length` on. What they held stays finite and is never seen.
  public func truncate(to length: Int) {
    precondition(length <= self.length)
    self.length = length
  }

  /// Takes over the first `length` positions of `other`, a cache of the same shape but capacity.
  public func copyPrefix(of other: KeyValueCache, length: Int) {
    precondition(length <= other.length && length <= capacity)
    precondition(layers == other.layers && heads == other.heads && headWidth == other.headWidth)
    for block in 0..<layers * heads {
      let rowBytes = headWidth * elementBytes
      memcpy(
        keys.base + block * capacity * rowBytes,
        other.keys.base + block * other.capacity * rowBytes,
        length * rowBytes)
      for row in block * headWidth..<(block + 1) * headWidth {
        memcpy(
          values.base + row * capacity * elementBytes,
          other.values.base + row * other.capacity * elementBytes, length * elementBytes)
      }
    }
    self.length = length
  }

  func sequence(layer: Int) -> CachedSequence {
    let offset = layer * heads * capacity * headWidth * elementBytes
    return CachedSequence(
      keys: keys.base + offset, values: values.base + offset, capacity: capacity, heads: heads,
      headWidth: headWidth)
  }
}

/// One sequence's rows in a batch of activations. Its cache has advanced past them already.
public struct SequenceSpan: Sendable {
  public let cache: KeyValueCache
  public let rows: Range<Int>

  public init(cache: KeyValueCache, rows: Range<Int>) {
    self.cache = cache
    self.rows = rows
  }

  func attention(layer: Int) -> AttentionSpan {
    AttentionSpan(cache: cache.sequence(layer: layer), rows: rows, visible: cache.length)
  }
}
