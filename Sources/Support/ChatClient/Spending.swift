// Tokens and money spent on replies, and their limits.
// SPDX-License-Identifier: Apache-2.0
import Chat
import Decimals
import JSON

/// What a million tokens cost, in any currency.
public struct Price: Equatable, Sendable {
  public let prompt: Double
  public let completion: Double

  /// `0.15/0.60`: a million tokens of prompts, and of replies. Nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(atByte: UInt8(ascii: "/")).map { Double($0) }
    guard parts.count == 2, let prompt = parts[0], let completion = parts[1],
      (0...1e9).contains(prompt), (0...1e9).contains(completion)
    else { return nil }
    (self.prompt, self.completion) = (prompt, completion)
  }

  func cost(prompt: Double, completion: Double) -> Double {
    (prompt * self.prompt + completion * self.completion) / 1e6
  }
}

/// No request has more tokens than this: what says otherwise is not believed, so that no sum overflows.
let mostTokens = 1 << 32

/// Tokens of replies, counted as the server does or, where it says nothing, estimated.
public struct Spending: Equatable, Sendable {
  public private(set) var promptTokens = 0
  public private(set) var completionTokens = 0
  public private(set) var replies = 0
  /// How many of the replies told no usage.
  public private(set) var estimatedReplies = 0
  /// Tokens of prompts as told, and as they had been estimated.
  private var toldPrompts = 0
  private var estimatedPrompts = 0

  public init() {}

  public var tokens: Int { promptTokens + completionTokens }

  /// Of replies so far; what a reply is expected to take where nothing bounds it.
  var meanCompletion: Int { replies == 0 ? 256 : completionTokens / replies }

  /// The tokens of a prompt, estimated by its bytes: more where the server was seen to count more,
  /// as it does in other languages than English and for some images.
  func expectedPrompt(_ estimate: TokenEstimate) -> Int {
    guard toldPrompts > estimatedPrompts, estimatedPrompts > 0 else { return estimate.prompt }
    let scaled = Double(estimate.prompt) * Double(toldPrompts) / Double(estimatedPrompts)
    return Int(min(scaled, Double(mostTokens)).rounded(.up))
  }

  /// Adds a reply and returns its tokens.
  @discardableResult
  public mutating func add(_ reply: ChatReply, to estimate: TokenEstimate) -> Int {
    let told = (Self.count(reply, "prompt_tokens"), Self.count(reply, "completion_tokens"))
    if told.0 == nil || told.1 == nil { estimatedReplies += 1 }
    if let prompt = told.0 {
      toldPrompts += prompt
      estimatedPrompts += estimate.prompt
    }
    let prompt = told.0 ?? expectedPrompt(estimate)
    let completion = told.1 ?? estimatedTokens(reply.text.utf8.count)
    promptTokens += prompt
    completionTokens += completion
    replies += 1
    return prompt + completion
  }

  public func cost(_ price: Price) -> Double {
    price.cost(prompt: Double(promptTokens), completion: Double(completionTokens))
  }

  /// A count that no sum of them overflows.
  private static func count(_ reply: ChatReply, _ name: String) -> Int? {
    reply.usage?[name]?.int.flatMap { (0...mostTokens).contains($0) ? $0 : nil }
  }
}

/// The most that may be spent. What the journal holds counts too.
public struct Budget: Equatable, Sendable {
  public var tokens: Int?
  /// In the currency of `price`, which must be there then.
  public var money: Double?
  public var price: Price?

  public init(tokens: Int? = nil, money: Double? = nil, price: Price? = nil) {
    (self.tokens, self.money, self.price) = (tokens, money, price)
  }

  /// Whether requests that are expected to take `prompt` and `completion` still fit.
  func allows(_ spending: Spending, prompt: Int, completion: Int) -> Bool {
    if let tokens, spending.tokens + prompt + completion > tokens { return false }
    guard let money, let price else { return true }
    return spending.cost(price)
      + price.cost(prompt: Double(prompt), completion: Double(completion)) <= money
  }
}

/// `amount` as it is shown: four places, more where it is small.
public func shownMoney(_ amount: Double) -> String {
  fixed(amount, places: amount != 0 && amount < 0.01 ? 6 : 4)
}
