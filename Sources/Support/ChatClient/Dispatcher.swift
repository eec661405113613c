// Decides which request is sent when: limits, waits, retries. It does no input or output, and is given
// the time.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// The requests that have no answer yet. Times are in seconds, on any one clock.
public struct Dispatcher {
  /// What to do next.
  public enum Step: Equatable {
    case send(Int)
    /// Nothing to send for this many seconds; nil if an outcome or a new request must come first.
    case wait(Double?)
    /// Nothing is in progress, and the waiting requests would exceed the budget.
    case overBudget
  }

  /// What to do with a request that failed.
  public enum Fate: Equatable {
    case tryAgain
    /// It failed too often.
    case givenUp
    /// Others failed too often just before, and nothing was answered in between: nothing will be.
    case hopeless
  }

  /// Requests in a row that are given up before the run is: one may be at fault itself, and two may.
  public static let mostGivenUp = 3

  private struct Entry {
    let estimate: TokenEstimate
    /// Failures of its own, and those of a busy server in which nobody was answered.
    var troubles = 0
    var refusals = 0
    var failures: Int { troubles + refusals }
    var notBefore = -Double.infinity
    var sentAt = -Double.infinity
    var expectedPrompt = 0
    var expectedTokens = 0
    /// Answers of all when it was first sent or last failed.
    var answersBefore = 0
    var answersAtFirstFailure: Int?
    var isSent = false
  }

  private let jobs: Int
  private let retries: Int
  private let backoff: Backoff
  private let budget: Budget
  private var pace: Pace
  public private(set) var spending: Spending
  private var entries: [Int: Entry] = [:]
  /// Those that are to be sent, in this order where their time has come.
  private var waiting: [Int] = []
  /// How many may be under way: less than `jobs` after the server was too busy, one more with each
  /// answer.
  private var width: Int
  private var coolsFrom = -Double.infinity
  private var coolsUntil = -Double.infinity
  private var busyInARow = 0
  private var givenUpInARow = 0
  private var answers = 0
  /// Requests sent beyond the first for each record.
  public private(set) var retried = 0

  /// `spending`: what earlier runs have spent. `retries`: failures that a request may have, less one.
  public init(
    jobs: Int, retries: Int, backoff: Backoff = Backoff(), pace: Pace = Pace(),
    budget: Budget = Budget(), spending: Spending = Spending()
  ) {
    (self.jobs, self.retries, self.backoff) = (jobs, retries, backoff)
    (self.pace, self.budget, self.spending) = (pace, budget, spending)
    width = jobs
  }

  /// Whether another request may be added.
  public var hasRoom: Bool { entries.count < jobs }
  public var isIdle: Bool { entries.isEmpty }
  public var underWay: Int { entries.count - waiting.count }

  /// Seconds that all wait after the server was busy; 0 where none.
  public func cooling(at now: Double) -> Double { max(0, coolsUntil - now) }

  /// Adds a request; numbers are to grow.
  public mutating func add(_ number: Int, _ estimate: TokenEstimate) {
    precondition(entries[number] == nil, "two requests of the number \(number)")
    entries[number] = Entry(estimate: estimate)
    waiting.append(number)
  }

  /// What to do at `now`. A request that is to be sent counts as sent.
  public mutating func next(at now: Double) -> Step {
    guard underWay < width, !waiting.isEmpty else { return .wait(nil) }
    guard let index = waiting.firstIndex(where: { (entries[$0]?.notBefore ?? 0) <= now }) else {
      return .wait((waiting.compactMap { entries[$0]?.notBefore }.min() ?? now) - now)
    }
    let start = max(coolsUntil, pace.next)
    guard start <= now else { return .wait(start - now) }
    let number = waiting[index]
    guard var entry = entries[number] else { return .wait(nil) }
    let completion = entry.estimate.completion ?? spending.meanCompletion
    let prompt = spending.expectedPrompt(entry.estimate)
    let expected = underWayTokens
    guard
      budget.allows(
        spending, prompt: expected.prompt + prompt,
        completion: expected.completion + completion)
    else { return underWay == 0 ? .overBudget : .wait(nil) }
    entry.isSent = true
    entry.sentAt = now
    entry.expectedPrompt = prompt
    entry.expectedTokens = prompt + completion
    if entry.answersAtFirstFailure == nil { entry.answersBefore = answers }
    pace.sent(tokens: entry.expectedTokens, at: now)
    if entry.answersAtFirstFailure != nil { retried += 1 }
    entries[number] = entry
    waiting.remove(at: index)
    return .send(number)
  }

  private var underWayTokens: (prompt: Int, completion: Int) {
    entries.values.reduce(into: (0, 0)) { sum, entry in
      guard entry.isSent else { return }
      let prompt = spending.expectedPrompt(entry.estimate)
      sum.0 += prompt
      sum.1 += entry.expectedTokens - entry.expectedPrompt
    }
  }

  /// The request `number` has its answer, which took `tokens`.
  public mutating func answered(_ number: Int, _ spend: (inout Spending, TokenEstimate) -> Int) {
    guard let entry = entries.removeValue(forKey: number) else { return }
    let tokens = spend(&spending, entry.estimate)
    pace.received(tokens: tokens, expected: entry.expectedTokens)
    serverWorks()
  }

  /// The request `number` was refused for a reason of its own.
  public mutating func refused(_ number: Int) {
    entries[number] = nil
    serverWorks()
  }

  private mutating func serverWorks() {
    answers += 1
    (busyInARow, givenUpInARow) = (0, 0)
    width = min(jobs, width + 1)
  }

  /// The request `number` failed at `now`, and may be sent again.
  public mutating func failed(_ number: Int, _ cause: RetryCause, after: Double?, at now: Double)
    -> Fate
  {
    guard var entry = entries[number] else { return .givenUp }
    // Where others are answered meanwhile, a limit is met, not a fault: waiting for it costs no try.
    let isLimit = cause == .busy && answers > entry.answersBefore
    switch cause {
    case .busy: entry.refusals = isLimit ? 0 : entry.refusals + 1
    case .trouble: entry.troubles += 1
    }
    entry.answersBefore = answers
    if entry.answersAtFirstFailure == nil { entry.answersAtFirstFailure = answers }
    entry.isSent = false
    switch cause {
    case .busy: coolDown(sentAt: entry.sentAt, after: after, now)
    case .trouble: entry.notBefore = now + backoff.wait(failures: entry.troubles, after: after)
    }
    guard entry.failures > retries else {
      entries[number] = entry
      // Behind those that wait, so that one that always fails holds up no other.
      waiting.append(number)
      return .tryAgain
    }
    entries[number] = nil
    givenUpInARow += 1
    return isHopeless(entry, cause) ? .hopeless : .givenUp
  }

  /// Whether what `entry` met so often, the last one being `cause`, is nothing of its own.
  private func isHopeless(_ entry: Entry, _ cause: RetryCause) -> Bool {
    switch cause {
    case .trouble: return givenUpInARow >= Self.mostGivenUp
    case .busy:
      // All others were answered while it was not: it asks for more than the server's limit, say.
      let isOnlyOne = entries.isEmpty && answers > entry.answersAtFirstFailure ?? answers
      return !isOnlyOne
    }
  }

  /// Nobody asks for a while. What was sent before the last such while began tells nothing new.
  private mutating func coolDown(sentAt: Double, after: Double?, _ now: Double) {
    if sentAt >= coolsFrom {
      busyInARow += 1
      width = max(1, width / 2)
      coolsFrom = now
    }
    coolsUntil = max(coolsUntil, now + backoff.wait(failures: max(1, busyInARow), after: after))
  }
}
