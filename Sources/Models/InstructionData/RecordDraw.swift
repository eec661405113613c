// Chance that belongs to a record: the same for the same seed and id, wherever the record stands.
// SPDX-License-Identifier: Apache-2.0
import Randomness

/// The draws of one record.
public struct RecordDraw: Sendable {
  private let random: PlacedRandom

  public init(seed: UInt64, id: String) {
    random = PlacedRandom(seed: seed, for: .instructions, nameHash(id))
  }

  /// Whether the image goes before the first question, as it does for half of the records.
  public var putsImageFirst: Bool { random.integer(below: 2, 0) == 0 }

  /// One of `phrases`.
  public func instruction(_ list: PhraseList) -> String {
    list.phrases[random.integer(below: list.phrases.count, 1)]
  }

  /// The number of one of `count` captions, which must be positive.
  public func caption(of count: Int) -> Int { random.integer(below: count, 2) }
}
