// What is known of a micro-batch once its gradients are computed: ranks tell each other.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// A micro-batch without its features, which take memory.
public struct MicroBatchReport: Equatable, Sendable {
  /// The sum over the tokens that carry loss.
  public var loss: Double
  public var targets: Int
  /// Rows that went through the model.
  public var length: Int
  /// Of each sequence.
  public var ids: [String]
  public var digests: [String]

  /// The loss to its last bit.
  public var json: JSONValue {
    .object([
      "loss": .int(Int(bitPattern: UInt(loss.bitPattern))), "targets": .int(targets),
      "length": .int(length), "ids": .array(ids.map { .string($0) }),
      "digests": .array(digests.map { .string($0) }),
    ])
  }

  public init?(_ value: JSONValue) {
    guard let object = value.object, let bits = object["loss"]?.int,
      let targets = object["targets"]?.int, let length = object["length"]?.int,
      let ids = object["ids"]?.array, let digests = object["digests"]?.array
    else { return nil }
    self.init(
      loss: Double(bitPattern: UInt64(UInt(bitPattern: bits))), targets: targets, length: length,
      ids: ids.compactMap(\.string), digests: digests.compactMap(\.string))
  }

  init(loss: Double, targets: Int, length: Int, ids: [String], digests: [String]) {
    (self.loss, self.targets, self.length) = (loss, targets, length)
    (self.ids, self.digests) = (ids, digests)
  }
}

extension TrainingSequence {
  /// SHA-256 of its id, tokens, targets and the shapes of its images.
  public var digest: String {
    var hash = SHA256()
    hash.update("\(id)\n")
    for part in parts {
      switch part {
      case .tokens(let ids): hash.update("tokens \(ids)\n")
      case .image(let rows): hash.update("image \(rows.shape)\n")
      case .pixels(let image, let rows): hash.update("pixels \(image.shape) \(rows)\n")
      }
    }
    hash.update("targets \(targets.map { [$0.row, $0.label] })\n")
    return hash.hexadecimal()
  }
}
