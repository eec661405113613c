// The dispatcher under a clock of the test's: limits, waits, retries, budgets.
// SPDX-License-Identifier: Apache-2.0
import Chat
import Testing

@testable import ChatClient

private let small = TokenEstimate(prompt: 10, completion: 10)

/// Without jitter: each wait is the whole one.
private func exactBackoff(first: Double = 1, longest: Double = 60) -> Backoff {
  var backoff = Backoff()
  (backoff.first, backoff.longest, backoff.random) = (first, longest, { 1 })
  return backoff
}

private func dispatcher(
  jobs: Int = 4, retries: Int = 3, adding count: Int = 0, pace: Pace = Pace(),
  budget: Budget = Budget()
) -> Dispatcher {
  var made = Dispatcher(
    jobs: jobs, retries: retries, backoff: exactBackoff(), pace: pace, budget: budget)
  for number in 0..<count { made.add(number, small) }
  return made
}

extension Dispatcher {
  /// The numbers that may be sent at `now`.
  fileprivate mutating func sent(at now: Double) -> [Int] {
    var numbers: [Int] = []
    while case .send(let number) = next(at: now) { numbers.append(number) }
    return numbers
  }

  fileprivate mutating func answer(_ number: Int, tokens: Int = 20) {
    answered(number) { spending, estimate in
      let usage = ["prompt_tokens": tokens - 5, "completion_tokens": 5] as [String: Int]
      return spending.add(
        ChatReply(
          text: "", finishReason: nil,
          usage: [
            "prompt_tokens": .int(usage["prompt_tokens"] ?? 0), "completion_tokens": .int(5),
          ]), to: estimate)
    }
  }
}

struct DispatcherTests {
  @Test func noMoreThanJobsAreUnderWay() {
    var own = dispatcher(jobs: 3, adding: 3)
    #expect(!own.hasRoom)
    #expect(own.sent(at: 0) == [0, 1, 2] && own.underWay == 3)
    own.answer(1)
    #expect(own.hasRoom && own.underWay == 2)
    own.add(3, small)
    #expect(own.sent(at: 0) == [3])
    for number in [0, 2, 3] { own.answer(number) }
    #expect(own.isIdle && own.next(at: 0) == .wait(nil))
  }

  @Test func requestsAMinuteAreSpacedAndWaitingIsNoFailure() {
    var own = dispatcher(retries: 0, adding: 4, pace: Pace(requestsPerMinute: 30))
    var times: [Double] = []
    var now = 0.0
    while times.count < 4 {
      switch own.next(at: now) {
      case .send: times.append(now)
      case .wait(let wait): now += wait ?? 1000
      case .overBudget: Issue.record("over budget")
      }
    }
    #expect(times == [0, 2, 4, 6])
    for number in 0..<4 { own.answer(number) }
    #expect(own.isIdle && own.retried == 0)
    // An hour in which nothing was sent is not made up for.
    own.add(4, small)
    own.add(5, small)
    #expect(own.sent(at: 3600) == [4] && own.next(at: 3600) == .wait(2))
  }

  @Test func tokensAMinuteAreSpacedAndCorrectedByWhatTheReplySays() {
    var own = dispatcher(adding: 3, pace: Pace(tokensPerMinute: 60))
    #expect(own.sent(at: 0) == [0] && own.next(at: 0) == .wait(20))
    own.answer(0, tokens: 50)
    #expect(own.next(at: 20) == .wait(30))
    #expect(own.sent(at: 50) == [1])
    own.answer(1, tokens: 10)
    #expect(own.next(at: 50) == .wait(10))
  }

  @Test func aBusyServerIsLeftAloneByAllAndComesBackSlowly() {
    var own = dispatcher(jobs: 8, adding: 8)
    #expect(own.sent(at: 0).count == 8)
    for number in 0..<8 {
      #expect(own.failed(number, .busy, after: nil, at: 0.1) == .tryAgain)
    }
    // One event, not eight: the second wait would be two seconds.
    #expect(own.cooling(at: 0.1) == 1 && own.next(at: 0.5).isWait)
    #expect(own.sent(at: 1.1).count == 4)
    #expect(own.failed(0, .busy, after: 7, at: 1.2) == .tryAgain)
    // What the server asks for, and a little jitter on top.
    #expect(abs(own.cooling(at: 1.2) - 7.7) < 1e-9)
    #expect(own.sent(at: 8).isEmpty)
    for number in 1..<4 { own.answer(number) }
    #expect(own.sent(at: 9).count == 5)
  }

  @Test func waitsDoubleUpToTheLongest() {
    let backoff = exactBackoff(first: 0.5, longest: 9)
    #expect((1...7).map { backoff.wait(failures: $0, after: nil) } == [0.5, 1, 2, 4, 8, 9, 9])
    #expect(backoff.wait(failures: 1000, after: nil) == 9)
    #expect(backoff.wait(failures: 1, after: 100) == 101)
    var least = backoff
    least.random = { 0 }
    #expect(least.wait(failures: 2, after: nil) == 0.5 && least.wait(failures: 1, after: 3) == 3)
    let own = Backoff()
    let waits = Set((0..<50).map { _ in own.wait(failures: 3, after: nil) })
    #expect(waits.count > 40 && waits.allSatisfy { (2...4).contains($0) })
  }

  @Test func retriesAreNotUsedUpWithinSeconds() {
    var own = Dispatcher(jobs: 1, retries: 8, backoff: exactBackoff())
    own.add(0, small)
    var now = 0.0
    while true {
      switch own.next(at: now) {
      case .wait(let wait): now += wait ?? 0
      case .send:
        guard own.failed(0, .busy, after: nil, at: now) == .tryAgain else {
          #expect(now == 1 + 2 + 4 + 8 + 16 + 32 + 60 + 60)
          return
        }
      case .overBudget: Issue.record("over budget")
      }
    }
  }

  /// One request is limited thirty times while others go through.
  @Test func aLimitThatLetsOthersThroughCostsNoTries() {
    var own = dispatcher(jobs: 2, retries: 1)
    own.add(0, small)
    var now = 0.0
    for number in 1...30 {
      own.add(number, small)
      var left: Set = [0, number]
      while !left.isEmpty {
        now += 100
        for sent in own.sent(at: now) {
          left.remove(sent)
          if sent == number {
            own.answer(sent)
          } else {
            #expect(own.failed(sent, .busy, after: nil, at: now) == .tryAgain, "\(number)")
          }
        }
      }
    }
  }

  @Test func aServerThatAnswersNobodyEndsTheRun() {
    var own = dispatcher(jobs: 2, retries: 1, adding: 2)
    #expect(own.sent(at: 0) == [0, 1])
    #expect(own.failed(0, .busy, after: nil, at: 1) == .tryAgain)
    #expect(own.failed(1, .busy, after: nil, at: 1) == .tryAgain)
    #expect(own.sent(at: 100) == [0])
    #expect(own.failed(0, .busy, after: nil, at: 101) == .hopeless)
  }

  @Test func whatTheServerNeverTakesIsGivenUpOnceItIsAlone() {
    var own = dispatcher(jobs: 2, retries: 1, adding: 2)
    #expect(own.sent(at: 0) == [0, 1])
    #expect(own.failed(0, .busy, after: nil, at: 1) == .tryAgain)
    own.answer(1)
    // The first of these tells of a limit still: the other was answered meanwhile.
    for (time, fate) in [(100.0, Dispatcher.Fate.tryAgain), (200, .tryAgain), (300, .givenUp)] {
      #expect(own.sent(at: time) == [0])
      #expect(own.failed(0, .busy, after: nil, at: time + 1) == fate)
    }
    #expect(own.isIdle)
  }

  @Test func requestsInTroubleWaitAloneAndThreeInARowEndTheRun() {
    var own = dispatcher(jobs: 6, retries: 1, adding: 5)
    #expect(own.sent(at: 0).count == 5)
    #expect(own.failed(0, .trouble, after: nil, at: 1) == .tryAgain)
    own.add(5, small)
    #expect(own.sent(at: 1) == [5] && own.next(at: 1) == .wait(1))
    #expect(own.sent(at: 2) == [0] && own.retried == 1)
    #expect(own.failed(0, .trouble, after: nil, at: 3) == .givenUp)
    for (number, fate) in [(1, Dispatcher.Fate.givenUp), (2, .givenUp)] {
      _ = own.failed(number, .trouble, after: nil, at: 4)
      #expect(own.sent(at: 10) == [number])
      if number == 2 { own.answer(5) }
      #expect(own.failed(number, .trouble, after: nil, at: 11) == fate)
    }
    for (number, fate) in [(3, Dispatcher.Fate.givenUp), (4, .hopeless)] {
      _ = own.failed(number, .trouble, after: nil, at: 20)
      #expect(own.sent(at: 30) == [number])
      #expect(own.failed(number, .trouble, after: nil, at: 31) == fate)
    }
  }

  @Test func theBudgetCountsWhatIsUnderWay() {
    var own = dispatcher(adding: 4, budget: Budget(tokens: 45))
    #expect(own.sent(at: 0) == [0, 1] && own.next(at: 0) == .wait(nil))
    own.answer(0, tokens: 10)
    // 10 spent and 20 expected leave 15 of 45.
    #expect(own.next(at: 0) == .wait(nil))
    own.answer(1, tokens: 10)
    #expect(own.sent(at: 0) == [2])
    own.answer(2, tokens: 20)
    #expect(own.next(at: 0) == .overBudget)
  }

  @Test func theBudgetIsInMoneyToo() throws {
    let price = try #require(Price("1000/3000"))
    // 10 and 10 tokens cost 0.01 + 0.03.
    var own = dispatcher(adding: 3, budget: Budget(money: 0.085, price: price))
    #expect(own.sent(at: 0) == [0, 1])
    own.answer(0)
    own.answer(1)
    // Each took 15 and 5 tokens: 0.03.
    #expect(abs(own.spending.cost(price) - 0.06) < 1e-12 && own.next(at: 0) == .overBudget)
  }
}

extension Dispatcher.Step {
  fileprivate var isWait: Bool { if case .wait = self { true } else { false } }
}
