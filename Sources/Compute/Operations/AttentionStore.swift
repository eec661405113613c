// The KV cache of one sequence, which only the operations that made it can read.
// SPDX-License-Identifier: Apache-2.0
import Tensors

/// The KV cache of one sequence, all layers of it. Only the operations that made it see inside.
public protocol AttentionStore: AnyObject, Sendable {
  /// The number of positions that fit.
  var capacity: Int { get }
  /// The number of positions in use.
  var length: Int { get }
  /// The memory for all positions, in bytes.
  var byteCount: Int { get }

  /// Advances by `count` positions, which the caller writes in every layer.
  func advance(by count: Int)
  /// Drops the positions from `length` on. Their contents stay finite and are never attended to.
  func truncate(to length: Int)
  /// Copies the first `length` positions of `other`, made by the same operations for the same
  /// layers and heads.
  func copyPrefix(of other: any AttentionStore, length: Int)
}

/// One sequence's rows in a batch of activations. Its store has advanced past them already.
public struct SequenceSpan: Sendable {
  public let store: any AttentionStore
  public let rows: Range<Int>

  public init(store: any AttentionStore, rows: Range<Int>) {
    self.store = store
    self.rows = rows
  }
}

/// The shape of a model's KV cache.
public struct AttentionShape: Sendable, Equatable {
  public var layers: Int
  /// Heads of keys and values.
  public var heads: Int
  public var headWidth: Int

  public init(layers: Int, heads: Int, headWidth: Int) {
    (self.layers, self.heads, self.headWidth) = (layers, heads, headWidth)
  }
}
