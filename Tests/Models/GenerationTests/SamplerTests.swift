// Which tokens are drawn, and where answers stop.
// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Generation

struct SamplerTests {
  private func draws(
    _ logits: [Float], _ options: GenerationOptions, id: String = "a", count: Int = 4000
  ) -> [Int: Int] {
    var sampler = Sampler(options, id: id, prompt: [])
    var counts: [Int: Int] = [:]
    for _ in 0..<count { counts[Int(sampler.choose(logits) ?? -1), default: 0] += 1 }
    return counts
  }

  @Test func greedyTakesTheFirstOfTheLargest() {
    #expect(draws([1, 5, 2, 5], GenerationOptions(), count: 3) == [1: 3])
  }

  @Test func temperatureDrawsByWeight() {
    var options = GenerationOptions()
    options.temperature = 1
    let counts = draws([0, 1.0986123, -100], options)
    #expect(counts[2] == nil)
    let share = Double(counts[1] ?? 0) / 4000
    #expect(abs(share - 0.75) < 0.03)
  }

  @Test func topKAndTopPLimitTheDraw() {
    var options = GenerationOptions()
    options.temperature = 100
    options.topK = 2
    #expect(Set(draws([3, 1, 2, 0], options).keys) == [0, 2])
    options.topK = 0
    options.temperature = 1
    options.topP = 0.6
    #expect(Set(draws([2, 2, -1, -1], options).keys) == [0, 1])
    options.topP = 0.1
    #expect(Set(draws([2, 1, 0, 0], options).keys) == [0])
  }

  @Test func penaltyMakesSeenTokensLessLikely() {
    var options = GenerationOptions()
    options.repetitionPenalty = 2
    var sampler = Sampler(options, id: "a", prompt: [0])
    #expect(sampler.choose([4, 3, -1]) == 1)
    #expect(sampler.choose([4, 3, 1.9]) == 0)
    #expect(sampler.choose([-1, -1, -1.5]) == 2)
  }

  @Test func drawsDependOnSeedAndIdAlone() {
    var options = GenerationOptions()
    options.temperature = 1
    let logits: [Float] = Array(repeating: 0, count: 50)
    #expect(draws(logits, options, count: 20) == draws(logits, options, count: 20))
    #expect(draws(logits, options, count: 20) != draws(logits, options, id: "b", count: 20))
    options.seed = 1
    #expect(draws(logits, options, id: "b", count: 20) != draws(logits, options, count: 20))
  }

  @Test(arguments: [[Float.nan, 1], [1, .infinity], [-.infinity, -.infinity], []])
  func logitsThatAreNoNumbersAreRefused(logits: [Float]) {
    var sampler = Sampler(GenerationOptions(), id: "", prompt: [])
    #expect(sampler.choose(logits) == nil)
  }
}

struct StopMatcherTests {
  private func run(_ stops: [String], _ parts: [String]) -> (shown: [String], stopped: Bool) {
    var matcher = StopMatcher(stops)
    var shown = parts.map { matcher.append($0) }
    shown.append(matcher.finish())
    return (shown, matcher.isStopped)
  }

  @Test func textBeforeAStopComesOut() {
    let found = run(["###"], ["a red", " circle", "#", "##Human"])
    #expect(found.shown == ["a red", " circle", "", "", ""])
    #expect(found.stopped)
  }

  @Test func whatOnlyBeginsAStopIsHeldThenReleased() {
    let found = run(["###", "\nUSER"], ["1#", "2", "##", " 3\nUS"])
    #expect(found.shown == ["1", "#2", "", "## 3", "\nUS"])
    #expect(!found.stopped)
  }

  /// The beginning of a longer stop text holds a shorter one back, until the answer ends.
  @Test(arguments: [
    (["a purple", " square"], ["squareX", "quare"], "a purple s"),
    (["a p", "urple"], ["purpleX", "urple"], "a p"),
    (["a purple"], ["purpleX", "rpleX", "ple"], "a pur"),
    (["abab"], ["ababc", "b"], "a"),
  ])
  func stopsAreFoundInWhatWasHeldBack(parts: [String], stops: [String], text: String) {
    let found = run(stops, parts)
    #expect(found.shown.joined() == text)
    #expect(found.stopped)
  }

  @Test func stopsInsideOnePartAndOverlapping() {
    #expect(run(["ab"], ["xaab"]).shown == ["xa", ""])
    #expect(run(["aab", "b"], ["a", "a", "c"]).shown == ["", "", "aac", ""])
    #expect(run(["é"], ["caf", "é!"]).shown == ["caf", "", ""])
    #expect(run([""], ["x"]).shown == ["x", ""])
  }
}
