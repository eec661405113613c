// What a choice among captions came to, in numbers.
// SPDX-License-Identifier: Apache-2.0

/// Counts before and after a selection.
public struct SelectionFigures: Equatable, Sendable {
  /// A tenth of the phrases that are left, by how many captions have them.
  public struct Tenth: Equatable, Sendable {
    public var phrases = 0
    /// The fewest and the most captions that have one of its phrases.
    public var least = 0
    public var most = 0
    /// The uses of its phrases in all captions, and in those that were taken.
    public var before = 0
    public var after = 0
  }

  public let captions: Int
  public let captionsWithoutPhrase: Int
  public let selected: Int
  public let phrases: Int
  public let phrasesDropped: Int
  public let phrasesLeft: Int
  /// Phrases that more captions have than the cap allows.
  public let phrasesAboveCap: Int
  /// From the rarest to the most frequent; as many as there are phrases where those are fewer.
  public let tenths: [Tenth]
  /// The captions that have each phrase, most first: all phrases in all captions.
  public let before: [Int]
  /// The same of the phrases that are left, in the captions that were taken.
  public let after: [Int]

  public init(_ uses: PhraseUses, _ selection: CaptionSelection) {
    var taken = [Int](repeating: 0, count: uses.phraseCount)
    var withoutPhrase = 0
    for caption in 0..<uses.captionCount {
      let phrases = uses.phrases(of: caption)
      if phrases.isEmpty { withoutPhrase += 1 }
      guard selection.isSelected[caption] else { continue }
      for phrase in phrases { taken[Int(phrase)] += 1 }
    }
    captions = uses.captionCount
    captionsWithoutPhrase = withoutPhrase
    selected = selection.selectedCount
    phrases = uses.phraseCount
    phrasesLeft = selection.order.count
    phrasesDropped = phrases - phrasesLeft
    phrasesAboveCap = uses.counts.count {
      $0 >= selection.rule.minCount && $0 > selection.rule.cap
    }
    let kept = selection.order.map {
      (before: uses.counts[Int($0)], after: taken[Int($0)])
    }
    tenths = Self.tenths(kept)
    before = uses.counts.sorted(by: >)
    after = kept.map(\.after).sorted(by: >)
  }

  private static func tenths(_ kept: [(before: Int, after: Int)]) -> [Tenth] {
    let groups = min(10, kept.count)
    return (0..<groups).map { group in
      let part = kept[kept.count * group / groups..<kept.count * (group + 1) / groups]
      return part.reduce(
        into: Tenth(
          phrases: part.count, least: part.first?.before ?? 0, most: part.last?.before ?? 0)
      ) {
        $0.before += $1.before
        $0.after += $1.after
      }
    }
  }
}
