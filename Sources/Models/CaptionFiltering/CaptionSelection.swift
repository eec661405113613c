// LLaVA's choice among the captions of CC3M: rare phrases keep all of theirs, common ones a hundred.
// SPDX-License-Identifier: Apache-2.0
import Randomness

/// What the cap on a phrase's captions counts.
public enum CapCounting: String, CaseIterable, Sendable {
  /// The captions drawn for the phrase itself, among all that have it.
  case own
  /// All captions of the pool that have the phrase, whichever phrase they were taken for.
  case selected
}

/// The settings of the selection; the defaults are the paper's.
public struct SelectionRule: Sendable {
  /// Phrases that occur in fewer captions are ignored.
  public var minCount = 3
  /// The largest number of captions taken for one phrase.
  public var cap = 100
  public var counting = CapCounting.own
  public var seed: UInt64 = 0

  public init() {}
}

/// The captions that the rule of LLaVA's appendix ("CC3M", Liu et al. 2023) takes.
///
/// From the rarest phrase upward, all captions that have a phrase go into the pool; of one that more
/// than `cap` captions have, `cap` drawn at random. Phrases that equally many captions have go by
/// their first appearance. A phrase's draws are a function of the seed and of its number.
public struct CaptionSelection: Sendable {
  public let rule: SelectionRule
  /// Whether each caption was selected.
  public private(set) var isSelected: [Bool]
  /// The phrases that are not passed over, from the rarest upward.
  public let order: [UInt32]

  public init(_ uses: PhraseUses, _ rule: SelectionRule) {
    self.rule = rule
    isSelected = [Bool](repeating: false, count: uses.captionCount)
    order = (0..<UInt32(uses.phraseCount)).filter { uses.counts[Int($0)] >= rule.minCount }
      .sorted { (uses.counts[Int($0)], $0) < (uses.counts[Int($1)], $1) }
    let captions = CaptionsOfPhrases(uses, order)
    for (rank, phrase) in order.enumerated() { take(captions[rank], of: phrase) }
  }

  public var selectedCount: Int { isSelected.count(where: \.self) }

  private mutating func take(_ captions: ArraySlice<UInt32>, of phrase: UInt32) {
    guard captions.count > rule.cap else {
      for caption in captions { isSelected[Int(caption)] = true }
      return
    }
    let random = PlacedRandom(seed: rule.seed, for: .captions, UInt64(phrase))
    switch rule.counting {
    case .own:
      for place in drawn(rule.cap, of: captions.count, random) {
        isSelected[Int(captions[captions.startIndex + place])] = true
      }
    case .selected:
      let others = captions.filter { !isSelected[Int($0)] }
      let wanted = rule.cap - (captions.count - others.count)
      guard wanted > 0 else { return }
      for place in drawn(wanted, of: others.count, random) {
        isSelected[Int(others[place])] = true
      }
    }
  }
}

/// `wanted` different numbers of 0..<`count`, each set as likely as any other (Floyd's sampling:
/// Bentley 1987). `wanted` is at most `count`.
func drawn(_ wanted: Int, of count: Int, _ random: PlacedRandom) -> Set<Int> {
  var taken: Set<Int> = []
  for last in (count - wanted)..<count {
    let draw = random.integer(below: last + 1, UInt64(last))
    if !taken.insert(draw).inserted { taken.insert(last) }
  }
  return taken
}

/// The captions of each phrase of `order`, in their order: four bytes a use.
private struct CaptionsOfPhrases {
  private var captions: [UInt32]
  private let starts: [Int]

  init(_ uses: PhraseUses, _ order: [UInt32]) {
    var starts = [0]
    var next = [Int](repeating: -1, count: uses.phraseCount)
    for phrase in order {
      next[Int(phrase)] = starts[starts.count - 1]
      starts.append(starts[starts.count - 1] + uses.counts[Int(phrase)])
    }
    captions = [UInt32](repeating: 0, count: starts[starts.count - 1])
    for caption in 0..<uses.captionCount {
      for phrase in uses.phrases(of: caption) where next[Int(phrase)] >= 0 {
        captions[next[Int(phrase)]] = UInt32(caption)
        next[Int(phrase)] += 1
      }
    }
    self.starts = starts
  }

  subscript(rank: Int) -> ArraySlice<UInt32> { captions[starts[rank]..<starts[rank + 1]] }
}
