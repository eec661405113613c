// The loop of vicuna-decode: keeps the batch full, writes answers in order, or as they are done.
// SPDX-License-Identifier: Apache-2.0
import Decoders
import Generation
import InputOutput
import JSON
import ModelSupport
import Records
import Streams
import ToolSupport

/// Answers wait for those before them unless their order is free; at most `window` wait, so that memory
/// stays bounded.
final class DecodeRun {
  let session: Session
  let records: PromptSource
  let prompts: PromptReader
  let generator: Generator
  private var writer: any AnswerWriter
  let keepsPrompt: Bool
  /// Whether records are chat requests, which say how to answer and get replies.
  let isChat: Bool
  private let delivery: DeliveryOptions
  /// Records that were begun and not written, by their numbers.
  private var waiting: [Int: Entry] = [:]
  /// The numbers of those that are done, in the order in which they were, where the order is free.
  private var done: [Int] = []
  private var nextOut = 0
  private var nextIn = 0
  private var tokens = 0

  private enum Outcome {
    case answer(Answer)
    case failure(Failure)
    case passOn(SkipMark)
  }

  private struct Entry {
    let record: Record
    let images: Int
    /// Nil while the answer is being written.
    var outcome: Outcome?
  }

  init(
    session: Session, records: PromptSource, prompts: PromptReader, generator: Generator,
    writer: any AnswerWriter, keepsPrompt: Bool, isChat: Bool, delivery: DeliveryOptions
  ) {
    self.session = session
    self.records = records
    self.prompts = prompts
    self.generator = generator
    self.writer = writer
    self.keepsPrompt = keepsPrompt
    self.isChat = isChat
    self.delivery = delivery
    guard delivery.deltas else { return }
    generator.show = { [unowned self] (ordinal, text) throws(Failure) in
      try write(delta: text, of: ordinal)
    }
  }

  private var window: Int { 4 * generator.batch + 16 }

  func run() throws(Failure) {
    let times = session.times
    times.endStart()
    let start = monotonicSeconds()
    var isAtEnd = false
    while true {
      while !isAtEnd, generator.hasRoom, waiting.count < window {
        OutputReader.check()
        let fetched = try times.measure("input") { () throws(Failure) in
          try records.queue.next(waits: generator.isIdle)
        }
        guard case .element(let record) = fetched else {
          if case .end = fetched { isAtEnd = true }
          break
        }
        try times.measure("prompts") { () throws(Failure) in try begin(record) }
        try times.measure("output") { () throws(Failure) in try writeReady() }
      }
      if generator.isIdle, isAtEnd { break }
      OutputReader.check()
      try Interruption.check("between two tokens")
      for (ordinal, result) in try times.measure("answers", generator.step) {
        settle(ordinal, result)
      }
      try times.measure("output") { () throws(Failure) in try writeReady() }
    }
    try writer.finish()
    report(seconds: monotonicSeconds() - start)
  }

  private func begin(_ record: PromptRecord) throws(Failure) {
    let ordinal = nextIn
    nextIn += 1
    switch record {
    case .passOn(let record, let mark):
      waiting[ordinal] = Entry(record: record, images: 0)
      end(ordinal, .passOn(mark))
    case .broken(let record, let failure):
      waiting[ordinal] = Entry(record: record, images: 0)
      end(ordinal, .failure(failure))
    case .ask(let record, let images):
      waiting[ordinal] = Entry(record: record, images: images.count)
      do throws(Failure) {
        let prompt = try prompts.prompt(of: record.object, images: images)
        let options = try generator.options.with(record.object)
        if let answer = try generator.begin(
          prompt, ordinal: ordinal, id: record.id, options: options)
        {
          settle(ordinal, .success(answer))
        }
      } catch {
        settle(ordinal, .failure(error))
      }
    }
  }

  private func settle(_ ordinal: Int, _ result: Result<Answer, Failure>) {
    generator.ended(ordinal)
    switch result {
    case .success(let answer):
      tokens += answer.completionTokens
      end(ordinal, .answer(answer))
    case .failure(let failure): end(ordinal, .failure(failure))
    }
  }

  private func end(_ ordinal: Int, _ outcome: Outcome) {
    waiting[ordinal]?.outcome = outcome
    if delivery.unordered { done.append(ordinal) }
  }

  private func writeReady() throws(Failure) {
    while let ordinal = delivery.unordered ? done.first : nextOut, let entry = waiting[ordinal],
      let outcome = entry.outcome
    {
      try write(entry, outcome)
      waiting[ordinal] = nil
      if delivery.unordered { done.removeFirst() } else { nextOut += 1 }
    }
  }

  private func write(_ entry: Entry, _ outcome: Outcome) throws(Failure) {
    var object = entry.record.object
    if !keepsPrompt { object["prompt"] = nil }
    object = Record(object, id: entry.record.id).identified
    switch outcome {
    case .answer(let answer):
      add(answer, to: &object)
      try writer.write(object)
      session.recordDone(images: entry.images)
    case .passOn(let mark):
      try session.skipPassedOn(mark, at: entry.record)
      try writer.skip(object, mark)
    case .failure(let failure):
      try session.recordSkipped(failure, at: entry.record)
      try writer.skip(object, SkipMark(code: failure.code, message: failure.message))
    }
  }

  /// The next part of an answer's text, under the id that its record will have.
  private func write(delta text: String, of ordinal: Int) throws(Failure) {
    guard let id = waiting[ordinal]?.record.identified["id"] else { return }
    try writer.write(["id": id, "delta": .string(text)])
  }

  private func add(_ answer: Answer, to object: inout JSONObject) {
    if isChat {
      object = ChatInput.reply(answer).record(of: object)
      return
    }
    object["text"] = .string(answer.text)
    object["finish_reason"] = .string(answer.finishReason.rawValue)
    object["prompt_tokens"] = .int(answer.promptTokens)
    object["completion_tokens"] = .int(answer.completionTokens)
  }

  private func report(seconds: Double) {
    guard session.settings.isVerbose, seconds > 0 else { return }
    session.reporter.note(
      "\(counted(tokens, "token")) in \(hundredths(seconds)) s:"
        + " \(hundredths(Double(tokens) / seconds)) tokens/s"
    )
    let positions = generator.promptPositions
    session.reporter.note(
      "\(positions.reused) of \(positions.all) positions of prompts came from those before")
  }
}
