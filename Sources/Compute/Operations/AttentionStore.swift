// The keys and values of one sequence: made by a machine's operations, read by them alone.
// SPDX-License-Identifier: Apache-2.0
import Tensors

/// The KV cache of one sequence, all layers of it. Only the operations that made it see inside.
public protocol AttentionStore: AnyObject, Sendable {
  /// Positions that there is room for.
  var capacity: Int { get }
  /// Positions that hold a token.
  var length: Int { get }
  /// Memory for all positions.
  var byteCount: Int { get }

  /// Makes room for `count` more tokens; the caller writes them in every layer.
  func advance(by count: Int)
  /// Forgets the positions from `length` on. What they held stays finite and is never seen.
  func truncate(to length: Int)
  /// Takes over the first `length` positions of `other`, made by the same operations for the same
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

/// What an attention store is made for.
public struct AttentionShape: Sendable, Equatable {
  public var layers: Int
  /// Heads of keys and values.
  public var heads: Int
  public var headWidth: Int

  public init(layers: Int, heads: Int, headWidth: Int) {
    (self.layers, self.heads, self.headWidth) = (layers, heads, headWidth)
  }
}
