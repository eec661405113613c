// One answer while it is being written, and when it is done.
// SPDX-License-Identifier: Apache-2.0
import Decoders
import InputOutput
import Operations
import Tensors
import Tokenizers

/// A finished answer.
public struct Answer: Equatable, Sendable {
  public enum FinishReason: String, Sendable {
    /// The end token or a stop text.
    case stop
    /// The longest answer, or the model's last position.
    case length
  }

  /// Without white space at either end.
  public let text: String
  public let finishReason: FinishReason
  /// Positions of the prompt, image rows included.
  public let promptTokens: Int
  /// Tokens of the answer, the end token not counted.
  public let completionTokens: Int
}

/// An answer that is being generated: its KV cache, its sampler and its text so far.
final class OpenAnswer {
  let ordinal: Int
  let prompt: PreparedPrompt
  let store: any AttentionStore
  private(set) var lastToken: Int32 = 0
  private var sampler: Sampler
  private var decoder: StreamingDecoder
  private var matcher: StopMatcher
  private var text = TrimmedText()
  private var count = 0
  private let maxTokens: Int

  init(
    ordinal: Int, id: String, prompt: PreparedPrompt, store: any AttentionStore,
    options: GenerationOptions,
    maxTokens: Int, tokenizer: Tokenizer
  ) {
    self.ordinal = ordinal
    self.prompt = prompt
    self.store = store
    self.maxTokens = maxTokens
    sampler = Sampler(options, id: id, prompt: prompt.tokens)
    decoder = StreamingDecoder(tokenizer)
    matcher = StopMatcher(options.stops + prompt.stops)
  }

  /// Takes the logits of the next position; `show` sees text as it becomes certain, and throws where
  /// that cannot be shown. Returns the answer when it ends here.
  func advance(_ logits: [Float], ends: Set<Int32>, show: (String) throws(Failure) -> Void)
    throws(Failure) -> Answer?
  {
    guard let token = sampler.choose(logits) else {
      throw Self.notFinite("the model's logits are not finite numbers after \(count) tokens")
    }
    if ends.contains(token) { return try finish(.stop, show: show) }
    lastToken = token
    count += 1
    try emit(matcher.append(decoder.append(token)), show)
    if matcher.isStopped { return try finish(.stop, show: show) }
    return count >= maxTokens ? try finish(.length, show: show) : nil
  }

  /// The failure of a prompt for which the model computes NaN or infinity.
  static func notFinite(_ found: String) -> Failure {
    Failure(
      .invalidInput, code: "decode/not-finite", found,
      remedy: "look for nan and inf among the embeddings with tensor-view; if there are none, the"
        + " model's weights are damaged")
  }

  private func finish(_ reason: Answer.FinishReason, show: (String) throws(Failure) -> Void)
    throws(Failure) -> Answer
  {
    try emit(matcher.append(decoder.finish()) + matcher.finish(), show)
    return Answer(
      text: text.text, finishReason: matcher.isStopped ? .stop : reason,
      promptTokens: prompt.length, completionTokens: count)
  }

  private func emit(_ part: String, _ show: (String) throws(Failure) -> Void) throws(Failure) {
    let certain = text.append(part)
    if !certain.isEmpty { try show(certain) }
  }
}
