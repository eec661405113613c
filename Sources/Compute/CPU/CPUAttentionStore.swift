// The KV cache of one sequence in the layout of the kernels.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import Operations
import Tensors

/// Keys [layers, heads, capacity, headWidth] and values [layers, heads, headWidth, capacity] of one
/// sequence. Values are transposed so that both attention products read rows. Integers have a scale for
/// each head of a position, [layers, heads, capacity].
final class CPUAttentionStore: AttentionStore, @unchecked Sendable {
  // Sendable: the operation that writes a span is the only user of its store at that time.
  let shape: AttentionShape
  let capacity: Int
  private(set) var length = 0
  private let keys: Tensor
  private let values: Tensor
  private let scales: (keys: Tensor, values: Tensor)?

  var byteCount: Int {
    keys.byteCount + values.byteCount
      + (scales.map { $0.keys.byteCount + $0.values.byteCount } ?? 0)
  }
  private var elementBytes: Int { keys.elementType.byteWidth }

  /// An empty store for `capacity` positions, rounded up to a multiple of 32; all of it is zeros.
  init(_ shape: AttentionShape, capacity: Int, precision: Precision, format: CacheFormat)
    throws(AllocationError)
  {
    self.shape = shape
    self.capacity = Self.roundedUp(capacity)
    let type = format == .int8 ? .i8 : Self.elementType(precision)
    let sizes = [shape.layers, shape.heads, self.capacity, shape.headWidth]
    keys = try Tensor(type, shape: sizes)
    values = try Tensor(type, shape: sizes)
    let positions = Array(sizes.prefix(3))
    scales =
      format == .int8
      ? (try Tensor(.f32, shape: positions), try Tensor(.f32, shape: positions)) : nil
  }

  /// A store of one layer for `length` positions, all of which the caller writes at once.
  init(filling length: Int, heads: Int, headWidth: Int, precision: Precision)
    throws(AllocationError)
  {
    shape = AttentionShape(layers: 1, heads: heads, headWidth: headWidth)
    let (sizes, type) = Self.filling(length, heads: heads, headWidth: headWidth, precision)
    capacity = sizes[1]
    keys = try Tensor(uninitialized: type, shape: sizes)
    values = try Tensor(uninitialized: type, shape: [heads, headWidth, capacity])
    scales = nil
    self.length = length
    clearTail()
  }

  /// Shape and type of the keys of one layer for `length` positions; values take as much.
  static func filling(_ length: Int, heads: Int, headWidth: Int, _ precision: Precision)
    -> (shape: [Int], type: ElementType)
  {
    ([heads, roundedUp(length), headWidth], elementType(precision))
  }

  private static func roundedUp(_ capacity: Int) -> Int { (max(0, capacity) + 31) / 32 * 32 }

  private static func elementType(_ precision: Precision) -> ElementType {
    precision == .bf16 ? .bf16 : .f32
  }

  /// Products read whole blocks of positions, which must be finite.
  private func clearTail() {
    let (rest, headWidth) = (capacity - length, shape.headWidth)
    guard rest > 0 else { return }
    for row in 0..<shape.heads {
      memset(
        keys.mutableRawBase + (row * capacity + length) * headWidth * elementBytes, 0,
        rest * headWidth * elementBytes)
    }
    for row in 0..<shape.heads * headWidth {
      memset(
        values.mutableRawBase + (row * capacity + length) * elementBytes, 0, rest * elementBytes)
    }
  }

  func advance(by count: Int) {
    precondition(length + count <= capacity, "the store is full")
    length += count
  }

  func truncate(to length: Int) {
    precondition(length <= self.length)
    self.length = length
  }

  func copyPrefix(of other: any AttentionStore, length: Int) {
    guard let other = other as? CPUAttentionStore, other.shape == shape,
      other.elementBytes == elementBytes
    else { preconditionFailure("the other store was made for something else") }
    precondition(length <= other.length && length <= capacity)
    let rowBytes = shape.headWidth * elementBytes
    for block in 0..<shape.layers * shape.heads {
      memcpy(
        keys.mutableRawBase + block * capacity * rowBytes,
        other.keys.rawBase + block * other.capacity * rowBytes, length * rowBytes)
      for row in block * shape.headWidth..<(block + 1) * shape.headWidth {
        memcpy(
          values.mutableRawBase + row * capacity * elementBytes,
          other.values.rawBase + row * other.capacity * elementBytes, length * elementBytes)
      }
      guard let scales, let others = other.scales else { continue }
      for (to, from) in [(scales.keys, others.keys), (scales.values, others.values)] {
        (to.mutableFloats + block * capacity).update(
          from: from.floats + block * other.capacity, count: length)
      }
    }
    self.length = length
  }

  /// One layer as the kernels read it; valid while the store is kept.
  func sequence(layer: Int) -> CachedSequence {
    let positions = layer * shape.heads * capacity
    let offset = positions * shape.headWidth * elementBytes
    return CachedSequence(
      keys: keys.mutableRawBase + offset, values: values.mutableRawBase + offset,
      scales: scales.map {
        ($0.keys.mutableFloats + positions, $0.values.mutableFloats + positions)
      },
      capacity: capacity, heads: shape.heads, headWidth: shape.headWidth)
  }
}

extension SequenceSpan {
  /// Its store, which these operations made.
  var cpuStore: CPUAttentionStore {
    guard let store = store as? CPUAttentionStore else {
      preconditionFailure("the store was made by other operations")
    }
    return store
  }

  func attention(layer: Int) -> AttentionSpan {
    AttentionSpan(cache: cpuStore.sequence(layer: layer), rows: rows, visible: store.length)
  }
}
