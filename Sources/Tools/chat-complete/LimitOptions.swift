// The options that limit requests: concurrency, rates, retries and costs.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ChatClient
import InputOutput
import ToolSupport

struct LimitOptions: ParsableArguments {
  @Option(
    name: [.customShort("j"), .long],
    help: ArgumentHelp("Number of concurrent requests.", valueName: "count"))
  var jobs = 8

  @Option(help: ArgumentHelp("Limit of requests per minute, evenly spaced.", valueName: "number"))
  var requestsPerMinute: Double?

  @Option(
    help: ArgumentHelp("Limit of tokens per minute, in prompts and replies.", valueName: "number"))
  var tokensPerMinute: Double?

  @Option(help: ArgumentHelp("Number of retries for a request.", valueName: "count"))
  var retries = 8

  @Option(
    help: ArgumentHelp(
      "Wait before the first retry; doubled for each further one.", valueName: "seconds"))
  var backoff = 1.0

  @Option(help: ArgumentHelp("Longest wait between two attempts.", valueName: "seconds"))
  var maxBackoff = 60.0

  @Option(help: ArgumentHelp("Longest wait that a server may demand.", valueName: "seconds"))
  var maxWait = 900.0

  @Option(
    help: ArgumentHelp("Price of a million tokens, such as 0.15/0.60.", valueName: "prompt/reply"),
    transform: { text in
      guard let price = Price(text) else {
        throw ValidationError("expected two numbers such as 0.15/0.60, found \(text)")
      }
      return price
    })
  var price: Price?

  @Option(help: ArgumentHelp("Stop before spending more than this.", valueName: "amount"))
  var budget: Double?

  @Option(help: ArgumentHelp("Stop before using more tokens than this.", valueName: "count"))
  var tokenBudget: Int?

  func validate() throws {
    try require(jobs, in: 1...1024, "--jobs")
    if let requestsPerMinute {
      try require(requestsPerMinute, in: 0.001...1e9, "--requests-per-minute")
    }
    if let tokensPerMinute { try require(tokensPerMinute, in: 0.001...1e12, "--tokens-per-minute") }
    try require(retries, in: 0...1000, "--retries")
    try require(backoff, in: 0.001...86400, "--backoff")
    try require(maxBackoff, in: 0.001...86400, "--max-backoff")
    try require(maxWait, in: 0...1e9, "--max-wait")
    if let budget { try require(budget, in: 0...1e12, "--budget") }
    if let tokenBudget { try require(tokenBudget, in: 0...1 << 50, "--token-budget") }
  }

  /// `spent`: the spending of earlier runs with the same journal.
  func dispatcher(spent: Spending) -> Dispatcher {
    var waits = Backoff()
    waits.first = backoff
    waits.longest = max(backoff, maxBackoff)
    return Dispatcher(
      jobs: jobs, retries: retries, backoff: waits,
      pace: Pace(requestsPerMinute: requestsPerMinute, tokensPerMinute: tokensPerMinute),
      budget: Budget(tokens: tokenBudget, money: budget, price: price), spending: spent)
  }
}
