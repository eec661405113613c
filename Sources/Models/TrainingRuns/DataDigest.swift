// A digest of what a run has trained on, which a resumed run goes on with.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Tensors
import Training

/// A chain: each link is the SHA-256 of the one before and of a sequence's id, tokens, learned tokens
/// and the shapes of its images.
public struct DataDigest: Sendable {
  public private(set) var value: String

  /// Goes on from `value`; the empty text begins.
  public init(_ value: String = "") { self.value = value }

  public mutating func add(_ sequence: TrainingSequence) {
    var hash = SHA256()
    hash.update(value)
    hash.update("\n\(sequence.id)\n")
    for part in sequence.parts {
      switch part {
      case .tokens(let ids): hash.update("tokens \(ids)\n")
      case .image(let rows): hash.update("image \(rows.shape)\n")
      case .pixels(let image, let rows): hash.update("pixels \(image.shape) \(rows)\n")
      }
    }
    hash.update("targets \(sequence.targets.map { [$0.row, $0.label] })\n")
    value = hash.hexadecimal()
  }
}
