// The loop of vicuna-decode: keeps the batch full, writes answers in the order of the records.
// SPDX-License-Identifier: Apache-2.0
import Decoders
import Generation
import InputOutput
import JSON
import ModelSupport
import Records
import Streams
import ToolSupport

/// Answers wait for those before them; at most `window` wait, so that memory stays bounded.
struct DecodeRun {
  let session: Session
  let records: PromptSource
  let prompts: PromptReader
  let generator: Generator
  private var writer: any AnswerWriter
  let keepsPrompt: Bool
  /// Whether records are chat requests, which say how to answer and get replies.
  let isChat: Bool
  private var waiting: [Int: Entry] = [:]
  private var nextOut = 0
  private var nextIn = 0
  private var tokens = 0

  private enum Outcome {
    case open
    case answer(Answer)
    case failure(Failure)
    case passOn(SkipMark)
  }

  private struct Entry {
    let record: Record
    let images: Int
    var outcome: Outcome
  }

  init(
    session: Session, records: PromptSource, prompts: PromptReader, generator: Generator,
    writer: any AnswerWriter, keepsPrompt: Bool, isChat: Bool
  ) {
    self.session = session
    self.records = records
    self.prompts = prompts
    self.generator = generator
    self.writer = writer
    self.keepsPrompt = keepsPrompt
    self.isChat = isChat
  }

  private var window: Int { 4 * generator.batch + 16 }

  mutating func run() throws(Failure) {
    let times = session.times
    times.endStart()
    let start = monotonicSeconds()
    var isAtEnd = false
    while true {
      while !isAtEnd, generator.hasRoom, nextIn - nextOut < window {
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
      for (ordinal, result) in try times.measure("answers", generator.step) {
        settle(ordinal, result)
      }
      try times.measure("output") { () throws(Failure) in try writeReady() }
    }
    try writer.finish()
    report(seconds: monotonicSeconds() - start)
  }

  private mutating func begin(_ record: PromptRecord) throws(Failure) {
    let ordinal = nextIn
    nextIn += 1
    switch record {
    case .passOn(let record, let mark):
      waiting[ordinal] = Entry(record: record, images: 0, outcome: .passOn(mark))
    case .broken(let record, let failure):
      waiting[ordinal] = Entry(record: record, images: 0, outcome: .failure(failure))
    case .ask(let record, let images):
      waiting[ordinal] = Entry(record: record, images: images.count, outcome: .open)
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

  private mutating func settle(_ ordinal: Int, _ result: Result<Answer, Failure>) {
    generator.ended(ordinal)
    switch result {
    case .success(let answer):
      tokens += answer.completionTokens
      waiting[ordinal]?.outcome = .answer(answer)
    case .failure(let failure): waiting[ordinal]?.outcome = .failure(failure)
    }
  }

  private mutating func writeReady() throws(Failure) {
    while let entry = waiting[nextOut] {
      var object = entry.record.object
      if !keepsPrompt { object["prompt"] = nil }
      object = Record(object, id: entry.record.id).identified
      switch entry.outcome {
      case .open: return
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
      waiting[nextOut] = nil
      nextOut += 1
    }
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
      "\(tokens) tokens in \(hundredths(seconds)) s: \(hundredths(Double(tokens) / seconds)) tokens/s"
    )
    let positions = generator.promptPositions
    session.reporter.note(
      "\(positions.reused) of \(positions.all) positions of prompts came from those before")
  }
}
