// The loop of chat-complete: reads ahead, keeps the exchange busy, writes replies in their order.
// SPDX-License-Identifier: Apache-2.0
import Chat
import ChatClient
import InputOutput
import JSON
import Records
import Streams
import ToolSupport

/// Replies wait for those before them; at most `window` wait, so that memory stays bounded.
final class CompletionRun {
  private enum Outcome {
    case open
    case reply(ChatReply)
    case failure(Failure)
    case passOn(SkipMark)
  }

  private struct Entry {
    let record: Record
    var outcome: Outcome
  }

  private let session: Session
  private let maker: RequestMaker
  private let exchange: Exchange
  private let queue: RecordQueue<ObjectLine>
  private let writer: JSONLWriter
  private let isOrdered: Bool
  private let window: Int
  private var summary: RunSummary
  private var waiting: [Int: Entry] = [:]
  private var nextIn = 0
  private var nextOut = 0

  init(
    session: Session, maker: RequestMaker, exchange: Exchange, reader: any ObjectReader,
    writer: JSONLWriter, isOrdered: Bool, price: Price?, jobs: Int
  ) {
    (self.session, self.maker, self.exchange) = (session, maker, exchange)
    (self.writer, self.isOrdered) = (writer, isOrdered)
    window = 16 * jobs + 1024
    summary = RunSummary(price: price)
    nonisolated(unsafe) let own = reader  // used by the reading thread alone
    queue = RecordQueue(capacity: 64) { () throws(Failure) in try own.next() }
  }

  func run() throws(Failure) {
    do throws(Failure) {
      try exchangeAll()
      try exchange.finish()
    } catch {
      sayWhatIsKept()
      throw error
    }
    try writer.finish()
    summary.report(exchange, session)
  }

  private func exchangeAll() throws(Failure) {
    var isAtEnd = false
    while true {
      while !isAtEnd, exchange.hasRoom, waiting.count < window {
        let fetched = try queue.next(waits: exchange.isIdle)
        guard case .element(let line) = fetched else {
          if case .end = fetched { isAtEnd = true }
          break
        }
        try begin(line)
        try writeReady()
      }
      if exchange.isIdle, isAtEnd { return }
      // Short while more may arrive: the queue cannot wake this wait, nor can a signal.
      for (number, result) in try exchange.step(longest: isAtEnd ? 0.1 : 0.02) {
        switch result {
        case .success(let reply): settle(number, .reply(reply))
        case .failure(let failure): settle(number, .failure(failure))
        }
      }
      try writeReady()
      try Interruption.check("between two replies")
      session.reporter.showStatus { [self] in summary.status(exchange, session) }
    }
  }

  private func begin(_ line: ObjectLine) throws(Failure) {
    let (record, number) = (line.record, nextIn)
    nextIn += 1
    waiting[number] = Entry(record: record, outcome: .open)
    if case .failure(let failure) = line.result { return settle(number, .failure(failure)) }
    if let mark = SkipMark(of: record.object) { return settle(number, .passOn(mark)) }
    let request: PreparedRequest
    do throws(Failure) {
      request = try maker.request(for: record)
    } catch {
      guard error.spoilsRecordOnly else { throw error }
      return settle(number, .failure(error))
    }
    if let reply = try exchange.begin(number, request) { settle(number, .reply(reply)) }
  }

  private func settle(_ number: Int, _ outcome: Outcome) {
    waiting[number]?.outcome = outcome
    if !isOrdered { ready.append(number) }
  }

  /// The numbers of settled records, where those are written as they come.
  private var ready: [Int] = []

  private func writeReady() throws(Failure) {
    for number in ready { try write(number) }
    ready = []
    guard isOrdered else { return }
    while let entry = waiting[nextOut] {
      if case .open = entry.outcome { return }
      try write(nextOut)
      nextOut += 1
    }
  }

  private func write(_ number: Int) throws(Failure) {
    guard let entry = waiting.removeValue(forKey: number) else { return }
    let record = entry.record
    var rest = record.identified
    rest[ChatRequest.messages] = nil
    switch entry.outcome {
    case .open: preconditionFailure("record \(number) has no outcome yet")
    case .reply(let reply):
      try writer.write(reply.record(of: rest))
      summary.add(reply)
      session.recordDone(showsProgress: false)
    case .passOn(let mark):
      try session.skipPassedOn(mark, at: record)
      try writer.skip(rest, mark)
    case .failure(let failure):
      summary.add(failure)
      try session.recordSkipped(failure, at: record)
      try writer.skip(rest, SkipMark(code: failure.code, message: failure.message))
    }
  }

  /// What becomes of the replies that came: without a journal those are lost whose turn did not come,
  /// and with -o all.
  private func sayWhatIsKept() {
    let held = waiting.values.count { if case .reply = $0.outcome { true } else { false } }
    let isFile = session.settings.output != nil && session.settings.output != "-"
    if exchange.hasJournal {
      guard session.done + held > 0 else { return }
      return session.reporter.note(
        "\(replies(session.done + held)) in the journal: the same command again asks for the rest")
    }
    let lost = isFile ? session.done + held : held
    guard lost > 0 else { return }
    session.reporter.warning("\(replies(lost)) lost: --journal would keep them")
  }

  private func replies(_ count: Int) -> String {
    "\(grouped(count)) \(count == 1 ? "reply" : "replies")"
  }
}
