// The vicuna-decode tool: its options and what they mean.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Checkpoints
import Decoders
import Generation
import Glibc
import InputOutput
import ModelSupport
import Operations
import Streams
import Tokenizers
import ToolSupport

@main
struct VicunaDecode: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "vicuna-decode",
    abstract: "Answer prompts about projected images with a language model.",
    version: toolVersion("vicuna-decode", libraries: modelLibraries))

  /// What is written.
  enum Emission: String, ExpressibleByArgument, CaseIterable { case text, logits, importance }

  @Argument(
    help: "A tensor stream of embeddings, or JSONL without images; stdin where absent or -.",
    completion: .file())
  var input: String?

  @OptionGroup var models: ModelOptions

  @OptionGroup var products: ActivationOptions

  @Option(
    help: ArgumentHelp("Add the LoRA adapter in this directory.", valueName: "dir"),
    completion: .directory)
  var lora: String?

  @Option(help: ArgumentHelp("Sequences decoded together.", valueName: "count"))
  var batch = 8

  @OptionGroup var caches: CacheOptions

  @Option(help: ArgumentHelp("Longest answer, in tokens.", valueName: "count"))
  var maxTokens = 512

  @Option(help: ArgumentHelp("Sampling temperature; 0 is greedy.", valueName: "number"))
  var temperature = 0.0

  @Option(
    help: ArgumentHelp("Sample from this many likeliest tokens; 0: all.", valueName: "count"))
  var topK = 0

  @Option(
    help: ArgumentHelp("Nucleus sampling: share of probability to keep.", valueName: "number"))
  var topP = 1.0

  @Option(help: ArgumentHelp("Repetition penalty; 1 for none.", valueName: "number"))
  var repetitionPenalty = 1.0

  @Option(help: ArgumentHelp("Seed for sampling.", valueName: "number"))
  var seed: UInt64 = 0

  @Option(
    help: ArgumentHelp("End the answer before this text; may be repeated.", valueName: "text"))
  var stop: [String] = []

  @Option(help: "What to write: answers, the logits of prompts, or an importance matrix.")
  var emit = Emission.text

  @OptionGroup var delivery: DeliveryOptions

  @OptionGroup var answers: AnswerOptions

  @OptionGroup var chat: ChatOptions

  @OptionGroup var stream: StreamOptions

  func validate() throws {
    func require(_ holds: Bool, _ message: String) throws {
      if !holds { throw ValidationError(message) }
    }
    try require((1...1024).contains(batch), "--batch must be 1 to 1024, found \(batch)")
    try require(
      (1...1 << 20).contains(maxTokens), "--max-tokens must be 1 to 1048576, found \(maxTokens)")
    try require(
      (0...1e6).contains(temperature), "--temperature must be 0 to 1000000, found \(temperature)")
    try require(topK >= 0, "--top-k must be 0 or more, found \(topK)")
    try require(
      topP > 0 && topP <= 1, "--top-p must be above 0 and at most 1, found \(topP)")
    // Logits are Float: what this divides them by must stay a number there, and not 0.
    try require(
      (1e-6...1e6).contains(repetitionPenalty),
      "--repetition-penalty must be 0.000001 to 1000000, found \(repetitionPenalty)")
    try require(!stop.contains(""), "--stop must not be empty")
    try delivery.check(answers, emit: emit, output: stream.output)
    let emits = "--emit \(emit.rawValue) exclude each other"
    try require(!(chat.chat && emit != .text), "--chat and \(emits)")
    let formats = "--format \(answers.format.rawValue)"
    try require(answers.format == .jsonl || emit == .text, "\(formats) and \(emits)")
    try require(answers.format == .jsonl || !chat.chat, "--chat and \(formats) exclude each other")
  }

  func run(_ session: Session) throws(Failure) {
    if answers.format != .sidecar { session.endsWithReader() }
    let requests = try chat.input(models)
    let directory = try models.open()
    let checkpoint = try directory.languageCheckpoint()
    session.beforeEnd { () throws(Failure) in try checkpoint.weights.verifyUnchanged() }
    let tokenizer = try Tokenizer.load(path: try directory.tokenizerPath())
    let operations = try models.operations(
      session, for: checkpoint.weights, products, cache: caches.format)
    if let text = try checkpoint.headWarning() { session.reporter.warning(text) }
    let adapter = try openAdapter(session)
    let pairs = try adapter.map { (adapter) throws(Failure) in
      DecoderAdapter(try adapter.parameters(for: checkpoint.config), scale: adapter.scale)
    }
    let model = try catchingMemory {
      try LanguageModel(checkpoint, adapter: pairs, operations: operations)
    }
    let generator = Generator(
      model: model, tokenizer: tokenizer, options: options(), batch: delivery.showsText ? 1 : batch,
      cacheBytes: caches.memory.count)
    let prompts = try PromptReader(tokenizer: tokenizer, vocabularyRows: model.vocabularyRows)
    let records = try PromptSource(
      session: session, path: input, width: checkpoint.config.width,
      positions: checkpoint.config.maxPositions, chat: requests)
    switch emit {
    case .logits:
      try LogitsRun(
        session: session, records: records, prompts: prompts, generator: generator,
        vocabulary: model.vocabularyRows, model: try identity(checkpoint, adapter),
        configuration: configuration(checkpoint)
      ).run()
    case .importance:
      try ImportanceRun(
        session: session, records: records, prompts: prompts, generator: generator,
        language: model, model: try identity(checkpoint, adapter),
        configuration: configuration(checkpoint)
      ).run()
    case .text:
      let writer = try answers.writer(session)
      if delivery.showsText { show(generator) }
      try DecodeRun(
        session: session, records: records, prompts: prompts, generator: generator, writer: writer,
        keepsPrompt: answers.keepPrompt, isChat: chat.chat, delivery: delivery
      ).run()
    }
  }
}
