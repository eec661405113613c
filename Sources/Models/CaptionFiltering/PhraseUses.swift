// Which phrases each caption has, and how many captions have each phrase.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// The phrases of a corpus, caption after caption: four bytes for each phrase of a caption.
public struct PhraseUses: Sendable {
  private var table = TextTable()
  /// Captions that have each phrase, by the phrase's number.
  public private(set) var counts: [Int] = []
  private var phrases: [UInt32] = []
  /// Where each caption's phrases end in `phrases`.
  private var ends: [Int] = []

  public init() {}

  public var captionCount: Int { ends.count }
  public var phraseCount: Int { counts.count }

  /// Adds the next caption, whose phrases are `keys`: what occurs twice among them counts once.
  /// Throws `captions/too-many`.
  public mutating func add(_ keys: [[UInt8]]) throws(Failure) {
    guard captionCount < UInt32.max else {
      throw Failure(
        .limitExceeded, code: "captions/too-many",
        "expected at most \(UInt32.max) captions, found more")
    }
    let start = phrases.count
    for key in keys {
      let (number, isNew) = try table.number(of: key)
      if isNew { counts.append(0) }
      if phrases[start...].contains(number) { continue }
      phrases.append(number)
      counts[Int(number)] += 1
    }
    ends.append(phrases.count)
  }

  /// The numbers of the phrases of a caption, in its order.
  public func phrases(of caption: Int) -> ArraySlice<UInt32> {
    phrases[(caption == 0 ? 0 : ends[caption - 1])..<ends[caption]]
  }

  /// The bytes of the phrase that has the number `phrase`.
  public func text(of phrase: Int) -> ArraySlice<UInt8> { table[phrase] }
}
