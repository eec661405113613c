// Writes several answers at once, each place taken anew as soon as its answer is done.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Decoders
import InputOutput
import Operations
import Tensors
import Tokenizers

/// Runs prompts through a language model, up to `batch` of them together.
///
/// The weights are read once per step for the whole batch. An answer's text depends only on its prompt,
/// the options and its record's id: not on the batch, the threads or the other answers.
public final class Generator {
  public let batch: Int
  private let model: LanguageModel
  private let tokenizer: Tokenizer
  public let options: GenerationOptions
  private let ends: Set<Int32>
  private var open: [OpenAnswer] = []
  /// Answered prompts, as others share a prefix (the system prompt, questions about one image).
  private var cache: PromptCache
  /// Positions of the prompts so far, and how many of them were reused from the KV caches of others.
  public private(set) var promptPositions = (all: 0, reused: 0)
  /// Called with each answer's text in parts, as they become certain: joined they are the text. If it
  /// throws, that answer ends.
  public var show: (_ ordinal: Int, _ text: String) throws(Failure) -> Void = { _, _ in }
  /// Called at the end of each answer.
  public var ended: (_ ordinal: Int) -> Void = { _ in }

  /// KV caches of up to `cacheBytes` are kept for prompts with the same prefix.
  public init(
    model: LanguageModel, tokenizer: Tokenizer, options: GenerationOptions, batch: Int,
    cacheBytes: Int
  ) {
    cache = PromptCache(byteLimit: cacheBytes)
    self.model = model
    self.tokenizer = tokenizer
    self.options = options
    self.batch = max(1, batch)
    ends = Set(
      model.config.endTokens.map { Int32(clamping: $0) } + [tokenizer.eos].compactMap { $0 })
  }

  public var isIdle: Bool { open.isEmpty }
  public var hasRoom: Bool { open.count < batch }

  /// Prefills the prompt and samples the first token. Returns the answer if that ends it.
  ///
  /// `ordinal` names the answer in what `step` returns; `id` is the record's, for the random
  /// numbers; `options` are this answer's, if they differ from those of all. Throws `prompt/too-long`
  /// when the model has no position left for an answer.
  public func begin(
    _ prompt: PreparedPrompt, ordinal: Int, id: String, options own: GenerationOptions? = nil
  ) throws(Failure) -> Answer? {
    let options = own ?? options
    let room = model.config.maxPositions - prompt.length
    guard room > 0 else {
      throw PreparedPrompt.tooLong(prompt.length, positions: model.config.maxPositions)
    }
    let maxTokens = min(options.maxTokens, room)
    let (store, logits) = try givingUpCache { () throws(AllocationError) in
      let store = try model.makeAttentionStore(capacity: prompt.length + maxTokens)
      return (store, try read(prompt, into: store))
    }
    let answer = OpenAnswer(
      ordinal: ordinal, id: id, prompt: prompt, store: store, options: options,
      maxTokens: maxTokens, tokenizer: tokenizer)
    let done = try answer.advance(logits, ends: ends) { (text) throws(Failure) in
      try show(ordinal, text)
    }
    // Only now: keys and values beside NaN or infinity must not serve other prompts.
    cache.keep(prompt, store)
    if done == nil { open.append(answer) }
    return done
  }

  /// The logits [rows, vocabulary] of every position of a prompt.
  /// Throws `prompt/too-long` when the model has fewer positions.
  public func logits(of prompt: PreparedPrompt) throws(Failure) -> Tensor {
    try checkRoom(for: prompt)
    do throws(AllocationError) {
      let store = try model.makeAttentionStore(capacity: prompt.length)
      let rows = try prompt.embeddings(from: 0, model: model)
      return try model.logits(
        model.forward(rows, spans: [SequenceSpan(store: store, rows: 0..<prompt.length)]))
    } catch {
      throw .outOfMemory(error.byteCount)
    }
  }

  /// The squares of the inputs of the model's matrices at every position of a prompt.
  /// Throws `prompt/too-long` like `logits(of:)`, and `decode/not-finite` where a column has no mean.
  public func inputSquares(of prompt: PreparedPrompt) throws(Failure) -> InputSquares {
    try checkRoom(for: prompt)
    let squares: InputSquares
    do throws(AllocationError) {
      let store = try model.makeAttentionStore(capacity: prompt.length)
      let rows = try prompt.embeddings(from: 0, model: model)
      squares = try model.inputSquares(
        rows, spans: [SequenceSpan(store: store, rows: 0..<prompt.length)])
    } catch {
      throw .outOfMemory(error.byteCount)
    }
    guard squares.areFinite else {
      throw OpenAnswer.notFinite("the squares of the model's activations are not finite numbers")
    }
    return squares
  }

  /// Decodes one more token of every answer in the batch. Returns those that ended or failed.
  public func step() throws(Failure) -> [(ordinal: Int, result: Result<Answer, Failure>)] {
    guard !open.isEmpty else { return [] }
    let lengths = open.map(\.store.length)
    let logits = try givingUpCache { () throws(AllocationError) in
      // Of an attempt before, which may have ended in any layer.
      for (answer, length) in zip(open, lengths) { answer.store.truncate(to: length) }
      let rows = try model.embed(open.map(\.lastToken))
      let spans = open.enumerated().map { SequenceSpan(store: $1.store, rows: $0..<$0 + 1) }
      return try model.logits(model.lastHidden(rows, spans: spans))
    }
    var finished: [(ordinal: Int, result: Result<Answer, Failure>)] = []
    var stillOpen: [OpenAnswer] = []
    for (row, answer) in open.enumerated() {
      let result = Result { () throws(Failure) in
        try answer.advance(logits.values(ofRow: row), ends: ends) { (text) throws(Failure) in
          try show(answer.ordinal, text)
        }
      }
      switch result {
      case .success(let done?): finished.append((answer.ordinal, .success(done)))
      case .success(nil): stillOpen.append(answer)
      case .failure(let failure): finished.append((answer.ordinal, .failure(failure)))
      }
    }
    open = stillOpen
    return finished
  }

  /// Prefill: fills `store` with the prompt and returns the logits of its last position.
  private func read(_ prompt: PreparedPrompt, into store: any AttentionStore)
    throws(AllocationError) -> [Float]
  {
    var start = 0
    if let shared = cache.longest(for: prompt) {
      start = shared.length
      store.copyPrefix(of: shared.store, length: start)
    }
    let rows = try prompt.embeddings(from: start, model: model)
    let last = try model.lastHidden(
      rows, spans: [SequenceSpan(store: store, rows: 0..<rows.shape[0])])
    let logits = try model.logits(last).values(ofRow: 0)
    promptPositions = (promptPositions.all + prompt.length, promptPositions.reused + start)
    return logits
  }

  /// Throws `prompt/too-long` when the model has fewer positions than the prompt takes.
  public func checkRoom(for prompt: PreparedPrompt) throws(Failure) {
    guard prompt.length > model.config.maxPositions else { return }
    throw PreparedPrompt.tooLong(prompt.length, positions: model.config.maxPositions)
  }

  /// Runs `body`; if memory runs out, again without the kept prompts.
  private func givingUpCache<Result>(_ body: () throws(AllocationError) -> Result)
    throws(Failure) -> Result
  {
    do {
      return try body()
    } catch {
      guard cache.count > 0 else { throw Self.outOfMemory(error) }
    }
    cache.removeAll()
    do { return try body() } catch { throw Self.outOfMemory(error) }
  }

  private static func outOfMemory(_ error: AllocationError) -> Failure {
    .outOfMemory(
      error.byteCount, remedy: "use a smaller --batch or --max-tokens, --kv int8, or fewer threads")
  }
}
