// Rate limits: requests and tokens per minute, spread evenly over the minute.
// SPDX-License-Identifier: Apache-2.0

/// Spaces requests so that no minute exceeds its limit. Times are in seconds, on any one clock.
public struct Pace: Equatable, Sendable {
  private let secondsPerRequest: Double
  private let secondsPerToken: Double
  private var nextByRequests = -Double.infinity
  private var nextByTokens = -Double.infinity

  /// nil: no limit.
  public init(requestsPerMinute: Double? = nil, tokensPerMinute: Double? = nil) {
    secondsPerRequest = requestsPerMinute.map { 60 / $0 } ?? 0
    secondsPerToken = tokensPerMinute.map { 60 / $0 } ?? 0
  }

  /// When the next request may go; in the past where it may go now.
  var next: Double { max(nextByRequests, nextByTokens) }

  /// Counts a request that goes at `now` and is expected to take `tokens`.
  mutating func sent(tokens: Int, at now: Double) {
    // Time in which nothing was sent is not saved up: a burst is what limits are against.
    nextByRequests = max(now, nextByRequests) + secondsPerRequest
    nextByTokens = max(now, nextByTokens) + Double(tokens) * secondsPerToken
  }

  /// Corrects the expectation by what the reply says.
  mutating func received(tokens: Int, expected: Int) {
    nextByTokens += Double(tokens - expected) * secondsPerToken
  }
}
