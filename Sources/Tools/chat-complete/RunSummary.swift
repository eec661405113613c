// The report of a run of chat-complete: its status line, and the messages at its end.
// SPDX-License-Identifier: Apache-2.0
import Chat
import ChatClient
import InputOutput
import ToolSupport

struct RunSummary {
  let price: Price?
  private var truncated = 0
  private var replies = 0
  private var firstFailure: Failure?

  init(price: Price?) { self.price = price }

  mutating func add(_ reply: ChatReply) {
    replies += 1
    if reply.isTruncated { truncated += 1 }
  }

  mutating func add(_ failure: Failure) { firstFailure = firstFailure ?? failure }

  /// The text of the status line.
  func status(_ exchange: Exchange, _ session: Session) -> String {
    var parts = ["\(grouped(session.done)) done"]
    if session.skipped > 0 { parts.append("\(grouped(session.skipped)) skipped") }
    parts.append("\(grouped(exchange.dispatcher.underWay)) under way")
    let cooling = exchange.cooling
    if cooling > 0 { parts.append("server busy, \(Int(cooling.rounded(.up))) s to wait") }
    return (parts + spent(exchange)).joined(separator: "  ")
  }

  private func spent(_ exchange: Exchange) -> [String] {
    let spending = exchange.dispatcher.spending
    let tokens = "\(grouped(spending.tokens)) tokens"
    return price.map { [tokens, "cost \(shownMoney(spending.cost($0)))"] } ?? [tokens]
  }

  /// Says at the end what a user must know, and with --verbose or --price what was spent.
  func report(_ exchange: Exchange, _ session: Session) {
    if replies == 0, let firstFailure, session.skipped > 1 {
      session.reporter.warning(
        "no request was answered; the first reason: \(firstFailure.message)")
    }
    if truncated > 0 {
      session.reporter.warning(
        "\(grouped(truncated)) of \(grouped(replies)) replies cut at their most tokens"
          + " (finish_reason length); --max-tokens raises that")
    }
    guard session.settings.isVerbose || price != nil || exchange.replayed > 0 else { return }
    let spending = exchange.dispatcher.spending
    var parts = [
      "\(grouped(spending.promptTokens)) + \(grouped(spending.completionTokens)) tokens"
    ]
    if let price { parts.append("cost \(shownMoney(spending.cost(price)))") }
    if spending.estimatedReplies > 0 {
      parts.append("estimated for \(grouped(spending.estimatedReplies)) without usage")
    }
    if exchange.replayed > 0 { parts.append("\(grouped(exchange.replayed)) from the journal") }
    if exchange.dispatcher.retried > 0 {
      parts.append("\(grouped(exchange.dispatcher.retried)) sent again")
    }
    session.reporter.note(parts.joined(separator: ", "))
  }
}
