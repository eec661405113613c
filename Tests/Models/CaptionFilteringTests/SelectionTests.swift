// The selection against its definition, written out over sets.
// SPDX-License-Identifier: Apache-2.0
import Randomness
import TestSupport
import Testing

@testable import CaptionFiltering

/// The definition: slow, and with nothing of the selection's but the random numbers' places.
private func defined(_ captions: [[String]], _ rule: SelectionRule) -> Set<Int> {
  var order: [String] = []
  for phrase in captions.joined() where !order.contains(phrase) { order.append(phrase) }
  func having(_ phrase: String) -> [Int] {
    captions.indices.filter { captions[$0].contains(phrase) }
  }
  let kept = order.enumerated().map { (place: $0, phrase: $1, captions: having($1)) }
    .filter { $0.captions.count >= rule.minCount }
  var pool: Set<Int> = []
  for count in 1...max(1, captions.count) {
    for each in kept where each.captions.count == count {
      var candidates = each.captions
      var wanted = min(rule.cap, count)
      if count > rule.cap, rule.counting == .selected {
        candidates.removeAll { pool.contains($0) }
        wanted -= count - candidates.count
      }
      if wanted <= 0 { continue }
      if count <= rule.cap {
        pool.formUnion(candidates)
        continue
      }
      let random = PlacedRandom(seed: rule.seed, for: .captions, UInt64(each.place))
      var drawn: Set<Int> = []
      for last in candidates.count - wanted..<candidates.count {
        let draw = random.integer(below: last + 1, UInt64(last))
        drawn.insert(drawn.contains(candidates[draw]) ? candidates[last] : candidates[draw])
      }
      pool.formUnion(drawn)
    }
  }
  return pool
}

private func uses(_ captions: [[String]]) throws -> PhraseUses {
  var uses = PhraseUses()
  for phrases in captions { try uses.add(phrases.map { Array($0.utf8) }) }
  return uses
}

@Suite struct SelectionTests {
  /// Captions of up to five phrases whose frequencies fall as Zipf says.
  private func corpus(_ generator: inout SeededGenerator) -> [[String]] {
    let size = Int.random(in: 0...80, using: &generator)
    let vocabulary = Double.random(in: 1...40, using: &generator)
    return (0..<size).map { _ in
      (0..<Int.random(in: 0...5, using: &generator)).map { _ in
        // Squares: the low numbers are frequent.
        let share = Double.random(in: 0..<1, using: &generator)
        return "phrase \(Int(vocabulary * share * share))"
      }
    }
  }

  @Test(arguments: CapCounting.allCases)
  func theSelectionIsTheDefinitions(counting: CapCounting) throws {
    var generator = SeededGenerator(seed: 5)
    var chosen = 0
    for round in 0..<amount(30, soak: 20_000) {
      let captions = corpus(&generator)
      var rule = SelectionRule()
      rule.minCount = Int.random(in: 1...5, using: &generator)
      rule.cap = Int.random(in: 1...12, using: &generator)
      rule.counting = counting
      rule.seed = UInt64(round)
      let uses = try uses(captions)
      let found = CaptionSelection(uses, rule)
      let wanted = defined(captions, rule)
      #expect(Set(captions.indices.filter { found.isSelected[$0] }) == wanted, "round \(round)")
      chosen += wanted.count
      check(SelectionFigures(uses, found), captions, wanted, rule)
    }
    #expect(chosen > 300)
  }

  /// Keys are made of phrases before the definition sees them, so that every kind of key is judged.
  @Test(arguments: PhraseKey.allCases)
  func theSelectionIsTheDefinitionsWithEveryKey(key: PhraseKey) throws {
    var generator = SeededGenerator(seed: 6)
    let nouns = [
      "dog", "dogs", "Dog", "buses", "city", "cities", "old dogs", "red Bus", "big  city",
    ]
    var chosen = 0
    for round in 0..<amount(20, soak: 5_000) {
      let captions = (0..<60).map { _ in
        (0..<Int.random(in: 0...3, using: &generator)).compactMap { _ in
          nouns.randomElement(using: &generator)
        }
      }
      var rule = SelectionRule()
      rule.cap = Int.random(in: 1...20, using: &generator)
      rule.seed = UInt64(round)
      var uses = PhraseUses()
      for phrases in captions { try uses.add(phrases.map { key.bytes(Array($0.utf8)) }) }
      let keyed = captions.map {
        $0.map { String(decoding: key.bytes(Array($0.utf8)), as: UTF8.self) }
      }
      let found = CaptionSelection(uses, rule)
      let wanted = defined(keyed, rule)
      #expect(Set(captions.indices.filter { found.isSelected[$0] }) == wanted, "round \(round)")
      #expect(uses.phraseCount == Set(keyed.joined()).count)
      chosen += wanted.count
    }
    #expect(chosen > 300)
    let distinct = Set(nouns.map { key.bytes(Array($0.utf8)) }).count
    #expect(distinct == [.asIs: 9, .lower: 8, .lemma: 6, .head: 3][key])
  }

  /// The figures, each counted again.
  private func check(
    _ figures: SelectionFigures, _ captions: [[String]], _ chosen: Set<Int>, _ rule: SelectionRule
  ) {
    var before: [String: Int] = [:]
    var after: [String: Int] = [:]
    for (place, phrases) in captions.enumerated() {
      for phrase in Set(phrases) {
        before[phrase, default: 0] += 1
        if chosen.contains(place) { after[phrase, default: 0] += 1 }
      }
    }
    let left = before.filter { $0.value >= rule.minCount }
    #expect(figures.captions == captions.count && figures.selected == chosen.count)
    #expect(figures.captionsWithoutPhrase == captions.count(where: \.isEmpty))
    #expect(figures.phrases == before.count && figures.phrasesLeft == left.count)
    #expect(figures.phrasesDropped == before.count - left.count)
    #expect(figures.phrasesAboveCap == left.values.count { $0 > rule.cap })
    #expect(figures.before == before.values.sorted(by: >))
    #expect(figures.after == left.keys.map { after[$0] ?? 0 }.sorted(by: >))
    #expect(figures.tenths.count == min(10, left.count))
    #expect(figures.tenths.map(\.phrases).reduce(0, +) == left.count)
    #expect(figures.tenths.map(\.before).reduce(0, +) == left.values.reduce(0, +))
    #expect(figures.tenths.map(\.after).reduce(0, +) == figures.after.reduce(0, +))
    #expect(figures.tenths.allSatisfy { $0.least <= $0.most })
    #expect(zip(figures.tenths, figures.tenths.dropFirst()).allSatisfy { $0.most <= $1.least })
  }

  @Test func countingAllOfThePoolTakesNoMoreThanCountingOnesOwn() throws {
    // Phrase `common` is in all; ten rare phrases take three captions each before its turn comes.
    let captions = (0..<60).map { $0 < 30 ? ["rare \($0 / 3)", "common"] : ["common"] }
    var rule = SelectionRule()
    rule.cap = 35
    rule.counting = .selected
    #expect(CaptionSelection(try uses(captions), rule).selectedCount == 35)
    rule.cap = 20
    #expect(CaptionSelection(try uses(captions), rule).selectedCount == 30)
    rule.counting = .own
    let own = CaptionSelection(try uses(captions), rule)
    #expect((31...50).contains(own.selectedCount))
    #expect(own.isSelected.prefix(30).allSatisfy { $0 })
  }

  @Test func seedsDrawDifferently() throws {
    let uses = try uses([[String]](repeating: ["a"], count: 400))
    let chosen = (0..<20).map { (seed: UInt64) in
      var rule = SelectionRule()
      rule.seed = seed
      return CaptionSelection(uses, rule).isSelected
    }
    #expect(chosen.allSatisfy { $0.count { $0 } == 100 })
    #expect(Set(chosen).count == 20)
    // Every caption is as likely as any other: 20 draws of a quarter.
    let times = (0..<400).map { place in chosen.count { $0[place] } }
    #expect(times.max() ?? 0 <= 15 && times.reduce(0, +) == 2000)
  }

  @Test func samplesAreEvenOverAllSets() {
    var times: [Set<Int>: Int] = [:]
    let random = PlacedRandom(seed: 1, for: .captions)
    for place in 0..<6000 { times[drawn(2, of: 4, random.at(UInt64(place))), default: 0] += 1 }
    // Six sets, a thousand times each; six standard deviations are 173.
    #expect(times.count == 6 && times.values.allSatisfy { abs($0 - 1000) < 173 })
    #expect(drawn(3, of: 3, random) == [0, 1, 2] && drawn(0, of: 3, random).isEmpty)
  }
}
