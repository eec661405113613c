// Logs that are read back: what lines may be, runs that go on, smoothing, names.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Testing

@testable import TrainingCurves

@Suite struct TrainingCurvesTests {
  private func log(_ lines: String...) throws -> RunLog {
    var log = RunLog()
    for line in lines { try log.add(try object(line)) }
    return log
  }

  private func object(_ text: String) throws -> JSONObject {
    try #require(try JSONValue(parsing: Array(text.utf8)).object)
  }

  @Test func linesBecomeStepsAndEvaluations() throws {
    let log = try log(
      #"{"step":1,"loss":3.5,"grad_norm":2,"lr":0.1,"tokens":10,"ids":["a","b"]}"#,
      #"{"step":2,"loss":null,"grad_norm":1e999,"learning_rate":0.2,"tokens":5,"ids":["c"]}"#,
      #"{"step":2.0,"eval_loss":2.5,"eval_accuracy":0.25}"#, #"{"step":3,"saved":true}"#)
    #expect(log.steps.map(\.place.step) == [1, 2] && log.replaced == 0)
    #expect(log.steps[0].loss == 3.5 && log.steps[0].norm == 2 && log.steps[0].rate == 0.1)
    #expect(log.steps[1].loss.isNaN && log.steps[1].norm.isNaN && log.steps[1].rate == 0.2)
    #expect(log.steps.map(\.place.records) == [2, 3] && log.steps.map(\.place.tokens) == [10, 15])
    #expect(log.evaluations.map(\.place.step) == [2] && log.evaluations[0].place.tokens == 15)
    #expect(log.best?.loss == 2.5 && log.evaluations[0].accuracy == 0.25)
  }

  @Test(arguments: [
    "{}", #"{"step":-1,"loss":1}"#, #"{"step":1.5,"loss":1}"#, #"{"step":"1","loss":1}"#,
    #"{"step":1e300,"loss":1}"#, #"{"step":null,"loss":1}"#, #"{"step":1,"loss":"nan"}"#,
    #"{"step":1,"eval_loss":[1]}"#, #"{"step":9007199254740994,"loss":1}"#,
  ])
  func otherLinesAreRefused(line: String) throws {
    var log = RunLog()
    let object = try object(line)
    #expect(throws: Failure.self) { try log.add(object) }
    #expect(log.isEmpty)
  }

  /// A run that went on from step 2, its log put behind the first one.
  @Test func laterLinesReplaceEarlierOnes() throws {
    let log = try log(
      #"{"step":1,"loss":5,"tokens":1}"#, #"{"step":2,"loss":4,"tokens":1}"#,
      #"{"step":2,"eval_loss":1}"#, #"{"step":3,"loss":9,"tokens":1}"#,
      #"{"step":4,"eval_loss":0.5}"#, #"{"step":3,"loss":3,"tokens":7}"#,
      #"{"step":3,"eval_loss":2}"#, #"{"step":3,"eval_loss":1.5}"#)
    #expect(log.steps.map(\.loss) == [5, 4, 3] && log.replaced == 3)
    #expect(log.steps.map(\.place.tokens) == [1, 2, 9])
    #expect(log.evaluations.map(\.loss) == [1, 1.5] && log.best?.place.step == 2)
  }

  @Test func smoothingIsTheFormula() {
    let found = smoothed([4, .nan, 2, 2], at: [1, 2, 3, 5], halfLife: 2)
    #expect(found[0] == 4 && found[1].isNaN)
    // Weights halve every two steps: (4/2 + 2) / (1/2 + 1), then (4/4 + 2/2 + 2) / (1/4 + 1/2 + 1).
    #expect(abs(found[2] - 8.0 / 3) < 1e-12 && abs(found[3] - 16.0 / 7) < 1e-12)
    #expect(smoothed([7, 7, 7], at: [1, 1_000_000, 1_000_001], halfLife: 1) == [7, 7, 7])
    #expect(smoothed([3, 1], at: [1, 2], halfLife: 0) == [3, 1])
    #expect(
      smoothed([1e308, 1, 1e308, 3], at: [1, 2, 3, 3], halfLife: 1)[1...3] == [1, 1e308, 7 / 3])
    #expect(smoothed([], at: [], halfLife: 3) == [])
  }

  @Test func theHalfLifeGoesByTheLongestRun() throws {
    func run(_ last: Int) throws -> RunLog {
      try log(#"{"step":1,"loss":1}"#, #"{"step":\#(last),"loss":1}"#)
    }
    #expect(defaultHalfLife([try run(50)]) == 0 && defaultHalfLife([]) == 0)
    #expect(defaultHalfLife([try run(50), try run(1002)]) == 11)
    #expect(defaultHalfLife([try run(51)]) == 5)
  }

  @Test(arguments: [
    (["runs/a/log.jsonl"], ["log"]), (["a.jsonl", "b.jsonl"], ["a", "b"]),
    (["runs/a/log.jsonl", "runs/b/log.jsonl"], ["a", "b"]),
    (["x/a/log.jsonl", "y/a/log.jsonl"], ["x", "y"]),
    (["/t/a/1/log", "/t/b/2/log"], ["a/1", "b/2"]), (["a.jsonl", "./a.jsonl"], ["a", "a (2)"]),
    (["log", "b/log"], ["log", "b/log"]), (["stdin"], ["stdin"]), (["/"], ["/"]), ([], []),
    (["run.jsonl.zst"], ["run"]), ([".jsonl", "a"], [".jsonl", "a"]),
    (["e\u{301}", "\u{e9}"], ["e\u{301}", "\u{e9}"]),
  ])
  func namesTellRunsApart(paths: [String], names: [String]) {
    #expect(runNames(paths).map { Array($0.utf8) } == names.map { Array($0.utf8) })
  }
}
