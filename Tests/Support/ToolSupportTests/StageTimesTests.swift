// Where the time of a run goes: stages, stages within stages, and what is left.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput
import Testing

@testable import ToolSupport

@Suite struct StageTimesTests {
  @Test func innerStagesAreTakenFromOuterOnes() throws {
    let before = monotonicSeconds()
    let times = StageTimes()
    #expect(times.rows.isEmpty)
    times.endStart()
    try times.measure("outer") { () throws(Failure) in
      usleep(20_000)
      try times.measure("inner") { () throws(Failure) in _ = usleep(60_000) }
    }
    try times.measure("outer") { () throws(Failure) in _ = usleep(20_000) }
    let rows = times.rows
    #expect(rows.map(\.name) == ["start", "inner", "outer", "rest"])
    #expect(rows[1].seconds >= 0.06 && rows[2].seconds >= 0.04)
    // What is counted twice would make the sum more than what has passed.
    let all = rows.reduce(0) { $0 + $1.seconds }
    #expect(all >= 0.1 && all <= monotonicSeconds() - before)
    times.add(0.015, to: "part", from: "outer")
    let divided = times.rows
    #expect(divided.map(\.name) == ["start", "inner", "part", "outer", "rest"])
    #expect(abs(divided[2].seconds + divided[3].seconds - rows[2].seconds) < 1e-9)
  }

  @Test func failuresAreTimedToo() {
    let times = StageTimes()
    #expect(throws: Failure.self) {
      try times.measure("work") { () throws(Failure) in
        throw Failure(.invalidInput, code: "x", "y")
      }
    }
    #expect(times.rows.map(\.name) == ["work", "rest"])
  }

  @Test func textHasTheSum() {
    #expect(
      StageTimes.text([("a", 1.234), ("b", 0.5), ("rest", 0)])
        == "a 1.23 s, b 0.50 s, rest 0.00 s: 1.73 s")
  }

  @Test(arguments: [
    (0.0, "0.00"), (1.005, "1.00"), (-0.5, "-0.50"), (123.456, "123.46"), (0.999, "1.00"),
    (.infinity, "inf"), (.nan, "nan"), (1e300, "1e+300"),
  ])
  func hundredthsAreRounded(value: Double, text: String) { #expect(hundredths(value) == text) }
}
