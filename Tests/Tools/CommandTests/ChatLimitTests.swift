// chat-complete within limits: a busy server, a pace, a budget.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import LoopbackServer
import Synchronization
import TestSupport
import Testing

@Suite struct ChatLimitTests {
  /// Seconds between requests `first` and `second`.
  private func gap(_ chat: ChatServer, _ first: Int, _ second: Int) -> Double {
    let requests = chat.server.requests
    return (requests[second].time - requests[first].time) / .seconds(1)
  }

  @Test func aWaitThatTheServerAsksForIsKept() throws {
    let chat = try ChatServer { request in
      request.ordinal == 0
        ? [.send(httpAnswer(429, "", headers: ["Retry-After": "1"]))] : [.send(chatAnswer("ok"))]
    }
    let result = try chat.complete("-j 1", ChatServer.requests(2))
    #expect(result.status == 0 && chat.server.requests.count == 3)
    #expect(gap(chat, 0, 1) >= 1, "\(gap(chat, 0, 1))")
  }

  @Test func aDateToWaitForIsKept() throws {
    let chat = try ChatServer { request in
      guard request.ordinal == 0 else { return [.send(chatAnswer("ok"))] }
      let formatter = DateFormatter()
      formatter.locale = Locale(identifier: "en_US_POSIX")
      formatter.timeZone = TimeZone(identifier: "GMT")
      formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
      let date = formatter.string(from: Date(timeIntervalSinceNow: 2.5))
      return [.send(httpAnswer(503, "", headers: ["Retry-After": date]))]
    }
    let result = try chat.complete("", ChatServer.requests(1))
    #expect(result.status == 0, "\(result.errors)")
    #expect(gap(chat, 0, 1) >= 0.9, "\(gap(chat, 0, 1))")
  }

  /// Eight are under way when one is limited: until the wait is over, no worker asks.
  @Test func oneCoolDownHoldsForAll() throws {
    let chat = try ChatServer { request in
      switch request.ordinal {
      case 0: [.pause(0.1), .send(httpAnswer(429, "", headers: ["Retry-After": "1"]))]
      case 1..<8: [.pause(0.2), .send(chatAnswer("ok"))]
      default: [.send(chatAnswer("ok"))]
      }
    }
    let result = try chat.complete("-j 8", ChatServer.requests(30))
    #expect(result.status == 0 && chat.server.requests.count == 31)
    // Seven answers free seven workers; the ninth request comes a second later all the same.
    #expect(gap(chat, 0, 8) >= 1.1, "\(gap(chat, 0, 8))")
  }

  /// A server that takes four requests in a tenth of a second and limits all others.
  @Test func aTightLimitLosesNothing() throws {
    let window = Mutex((start: ContinuousClock.now, count: 0))
    let chat = try ChatServer { request in
      let isAllowed = window.withLock { window in
        if ContinuousClock.now - window.start > .milliseconds(100) { window = (.now, 0) }
        window.count += 1
        return window.count <= 4
      }
      return [.send(isAllowed ? chatAnswer("re " + request.lastMessage) : chatError(429, "slow"))]
    }
    let result = try chat.complete("-j 16 --retries 6", ChatServer.requests(60))
    #expect(result.status == 0, "\(result.errors)")
    #expect(try result.texts() == (0..<60).map { "re q\($0)" })
  }

  @Test func retriesAreSpreadOverGrowingWaits() throws {
    let chat = try ChatServer { _ in [.send(chatError(503, "m"))] }
    let result = try chat.run(
      "$CHAT --retries 4 --backoff 0.1 --max-backoff 10", input: ChatServer.requests(1))
    try #require(chat.server.requests.count == 5, "\(result.errors)")
    #expect(result.status == 4)
    for retry in 0..<4 {
      // Half of the wait by chance, and half of that for a busy machine.
      let least = 0.025 * Double(1 << retry)
      #expect(gap(chat, retry, retry + 1) >= least, "\(gap(chat, retry, retry + 1))")
    }
  }

  @Test func thePaceIsKeptAndCostsNoRetries() throws {
    let chat = try ChatServer.echo()
    let result = try chat.complete(
      "--requests-per-minute 600 --retries 0 -v", ChatServer.requests(8))
    #expect(result.status == 0 && !result.errors.contains("sent again"))
    // Seven gaps of a tenth of a second, less what a busy machine delays the first.
    #expect(gap(chat, 0, 7) >= 0.5, "\(gap(chat, 0, 7))")
  }

  @Test func tokensAMinuteAreKept() throws {
    // 15 tokens each by the server's count: at 6,000 a minute one in 0.15 seconds.
    let chat = try ChatServer.echo()
    let result = try chat.complete(
      "-j 1 --tokens-per-minute 6000 --max-tokens 5", ChatServer.requests(6))
    #expect(result.status == 0 && gap(chat, 0, 5) >= 0.5, "\(gap(chat, 0, 5))")
  }

  @Test func theBudgetEndsTheRunBeforeItIsExceeded() throws {
    let chat = try ChatServer { _ in
      [.send(chatAnswer("ok", promptTokens: 90, completionTokens: 10))]
    }
    let input = ChatServer.requests(20)
    let result = try chat.complete(
      "-j 4 --token-budget 1000 --max-tokens 10 --journal j", input)
    let made = try result.texts().count
    #expect(result.status == 5 && made == chat.server.requests.count && (8...11).contains(made))
    #expect(result.errors.contains("would exceed the budget (raise --budget or --token-budget"))
    // What the journal holds is spent already; a higher budget asks for the rest alone.
    let again = try chat.complete(
      "-j 4 --token-budget 1000 --max-tokens 10 --journal j", input)
    #expect(again.status == 5 && chat.server.requests.count == made)
    let more = try chat.complete("-j 4 --token-budget 2100 --max-tokens 10 --journal j", input)
    #expect(more.status == 0 && chat.server.requests.count == 20, "\(more.errors)")
    #expect(try more.texts() == Array(repeating: "ok", count: 20))
  }

  @Test func theBudgetIsInMoneyToo() throws {
    let chat = try ChatServer { _ in
      [.send(chatAnswer("ok", promptTokens: 1000, completionTokens: 1000))]
    }
    let result = try chat.complete(
      "-j 1 --price 1/4 --budget 0.021", ChatServer.requests(20))
    // Half a cent each.
    #expect(result.status == 5 && chat.server.requests.count == 4, "\(result.errors)")
    #expect(try result.texts().count == 4)
  }
}
