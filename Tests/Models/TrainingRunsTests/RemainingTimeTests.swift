// The time that is left, on a clock that the tests make.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import TrainingRuns

struct RemainingTimeTests {
  /// After ten of 200 steps, of which `seconds` says how long each takes.
  private func foretold(
    _ rows: [Int], knowsRows: Bool = true, fixed: Double = 0, seconds: (Int) -> Double
  ) throws -> (left: Double, truth: Double) {
    var course = RemainingTime.Course(totalSteps: rows.count, rowsLeft: nil)
    if knowsRows { course.rowsLeft = Double(rows.reduce(0, +)) }
    var time = RemainingTime(course, finishedSteps: 0)
    #expect(time.left == nil)
    for (index, rows) in rows.prefix(10).enumerated() {
      // The first one is slow.
      time.addStep(rows: rows, seconds: seconds(rows) * (index == 0 ? 5 : 1), fixed: fixed)
    }
    return (try #require(time.left), rows.dropFirst(10).reduce(0) { $0 + seconds($1) })
  }

  @Test func isWithinFifteenPercentAfterTenSteps() throws {
    var random = SeededGenerator(seed: 5)
    for _ in 0..<amount(200, soak: 5000) {
      let span = Int.random(in: 50...400, using: &random)
      var rows = (0..<200).map { _ in Int.random(in: span...2 * span, using: &random) }
      let (fixed, perRow) = (Double.random(in: 0...3, using: &random), 0.01)
      if Bool.random(using: &random) { rows.sort() }
      let noise = Double.random(in: 0...0.05, using: &random)
      let (left, truth) = try foretold(rows, fixed: fixed) {
        (fixed + perRow * Double($0)) * (1 + noise * Double($0 % 3 - 1))
      }
      #expect(abs(left / truth - 1) < 0.15, "\(left) for \(truth) s")
    }
  }

  @Test func longRecordsThatComeLateCount() throws {
    let rows = [Int](repeating: 100, count: 100) + [Int](repeating: 1000, count: 100)
    let (left, truth) = try foretold(rows) { Double($0) }
    #expect(abs(left / truth - 1) < 0.01)
    let (blind, _) = try foretold(rows, knowsRows: false) { Double($0) }
    #expect(blind < 0.2 * truth)
  }

  @Test func evaluationsAndCheckpointsCount() {
    var course = RemainingTime.Course(totalSteps: 100, rowsLeft: 1000)
    (course.evaluateEvery, course.saveEvery) = (30, 25)
    (course.stepsPerEvaluation, course.secondsPerSave) = (4, 3)
    var time = RemainingTime(course, finishedSteps: 0)
    time.addStep(rows: 10, seconds: 2)
    // 99 steps of 2 s; after 30, 60, 90 and 100 evaluations; checkpoints after 25, 50, 75; a result.
    let (steps, result) = (198.0, 1.0)
    #expect(time.left == steps + Double(4 * 4 * 2) + Double(3 * 3) + result)
    time.addEvaluation(seconds: 10)
    time.addSave(seconds: 6)
    #expect(time.left == steps + Double(4 * 10) + Double(3 * 6) + result)
    course.evaluateEvery = 0
    var end = RemainingTime(course, finishedSteps: 98)
    end.addStep(rows: 10, seconds: 2)
    #expect(end.left.map { $0 > 8 } == true)
    end.addStep(rows: 10, seconds: 2)
    #expect(end.left == 0)
  }
}
