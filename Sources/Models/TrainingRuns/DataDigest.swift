// A digest of what a run has trained on, which a resumed run goes on with.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Training

/// A chain: each link is the SHA-256 of the one before and of a sequence's own digest, so that ranks
/// need not see each other's sequences.
public struct DataDigest: Sendable {
  public private(set) var value: String

  /// Goes on from `value`; the empty text begins.
  public init(_ value: String = "") { self.value = value }

  public mutating func add(_ sequence: TrainingSequence) { add(sequence.digest) }

  /// Adds a sequence by its digest.
  public mutating func add(_ digest: String) {
    var hash = SHA256()
    hash.update("\(value)\n\(digest)\n")
    value = hash.hexadecimal()
  }
}
