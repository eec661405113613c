// The exchange with one server: the dispatcher decides when requests are sent, their outcomes are
// judged, and answers enter the journal before they are returned.
// SPDX-License-Identifier: Apache-2.0
import Chat
import HTTP
import InputOutput

/// Requests in progress to one server, and their answers. For one thread.
public final class Exchange {
  private struct Open {
    let request: PreparedRequest
    let digest: String
  }

  private let client: HTTPClient
  private let journal: Journal?
  private let address: HTTPAddress
  private var judge: ReplyJudge
  public private(set) var dispatcher: Dispatcher
  private var open: [Int: Open] = [:]
  /// Why no further step can be made.
  private var ending: Failure?
  /// Answers that the journal had.
  public private(set) var replayed = 0

  public init(
    client: HTTPClient, dispatcher: Dispatcher, judge: ReplyJudge, journal: Journal?,
    address: HTTPAddress
  ) {
    (self.client, self.dispatcher, self.judge) = (client, dispatcher, judge)
    (self.journal, self.address) = (journal, address)
  }

  public var hasJournal: Bool { journal != nil }

  /// Whether another request may begin.
  public var hasRoom: Bool { dispatcher.hasRoom }
  /// Whether nothing is outstanding: neither an answer nor the failure that ends the run.
  public var isIdle: Bool { dispatcher.isIdle && ending == nil }

  /// The answer to `request` where the journal has it, else nil: then it is asked, and `step` will
  /// return it. Numbers are to grow.
  public func begin(_ number: Int, _ request: PreparedRequest) throws(Failure) -> ChatReply? {
    let digest = journal == nil ? "" : requestDigest(request.body, to: address)
    if let reply = try journal?.take(digest) {
      replayed += 1
      return reply
    }
    open[number] = Open(request: request, digest: digest)
    dispatcher.add(number, request.estimate)
    return nil
  }

  /// Sends what may be sent, and waits `seconds` at most for something to end.
  ///
  /// Throws what ends the run, always after what had come by then was returned.
  public func step(longest seconds: Double) throws(Failure) -> [(Int, Result<ChatReply, Failure>)] {
    if let ending { throw ending }
    var pause = seconds
    sending: while true {
      switch dispatcher.next(at: monotonicSeconds()) {
      case .send(let number):
        guard let body = open[number]?.request.body else { continue }
        try client.post(body, tag: number)
      case .wait(let wait):
        if let wait { pause = min(pause, wait) }
        break sending
      case .overBudget: throw Self.overBudget
      }
    }
    var results: [(Int, Result<ChatReply, Failure>)] = []
    for outcome in try client.work(seconds: pause) {
      if let result = try take(outcome) { results.append((outcome.tag, result)) }
    }
    return results
  }

  private func take(_ outcome: HTTPOutcome) throws(Failure) -> Result<ChatReply, Failure>? {
    let number = outcome.tag
    guard let own = open[number] else { return nil }
    switch judge.verdict(on: outcome) {
    case .reply(let reply):
      dispatcher.answered(number) { spending, estimate in spending.add(reply, to: estimate) }
      open[number] = nil
      do throws(Failure) {
        try journal?.add(reply, digest: own.digest, estimate: own.request.estimate)
      } catch {
        // Nothing more is asked that could not be kept; this answer is still written.
        ending = ending ?? error
      }
      return .success(reply)
    case .skip(let failure):
      dispatcher.refused(number)
      open[number] = nil
      return .failure(failure)
    case .retry(let failure, let cause, let after):
      switch dispatcher.failed(number, cause, after: after, at: monotonicSeconds()) {
      case .tryAgain: return nil
      case .givenUp:
        open[number] = nil
        return .failure(spoilt(failure))
      case .hopeless:
        ending = ending ?? hopeless(failure)
        return nil
      }
    case .end(let failure):
      ending = ending ?? failure
      return nil
    }
  }

  /// Of a request that was given up: others may go through.
  private func spoilt(_ failure: Failure) -> Failure {
    Failure(
      .invalidInput, code: failure.code, failure.message, remedy: failure.remedy ?? "run it again")
  }

  private func hopeless(_ failure: Failure) -> Failure {
    Failure(
      .inputOutput, code: failure.code, at: address.shown,
      "given up, as nothing is answered any more: \(failure.message)",
      remedy: hasJournal
        ? "run it again later: what the journal holds is not asked again"
        : "run it again later; with --journal nothing that was answered is asked again")
  }

  private static let overBudget = Failure(
    .limitExceeded, code: "budget/spent", "the next request would exceed the budget",
    remedy: "raise --budget or --token-budget: with --journal nothing is asked twice")

  /// Flushes the journal.
  public func finish() throws(Failure) { try journal?.finish() }

  /// Seconds that all wait because the server was busy.
  public var cooling: Double { dispatcher.cooling(at: monotonicSeconds()) }
}
