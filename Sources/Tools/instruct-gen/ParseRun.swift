// The loop of instruct-gen parse, and its counts.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import InstructionData
import JSON
import Records
import Streams
import ToolSupport

/// One run over replies.
struct ParseRun {
  let session: Session
  var replies: ReplyReader
  private var writtenCount = 0
  private var skippedCount = 0
  /// Rejected replies by the code of their reason.
  private var rejections: [String: Int] = [:]

  init(session: Session, replies: ReplyReader) {
    self.session = session
    self.replies = replies
  }

  /// Writes records to `writer`, and all that becomes none to the file `rejected`.
  mutating func run(_ reader: any ObjectReader, to writer: JSONLWriter, rejected: String?)
    throws(Failure)
  {
    var aside: JSONLWriter?
    if let rejected { aside = try JSONLWriter(try AtomicFile(path: rejected), level: nil) }
    while let line = try reader.next() {
      let record = line.record
      if let mark = SkipMark(of: record.object) {
        skippedCount += 1
        try session.skipPassedOn(mark, at: record)
        try aside?.skip(record.object, mark)
        continue
      }
      switch outcome(record, line.result) {
      case .success(.success(let made)):
        try writer.write(made)
        writtenCount += 1
        session.recordDone()
      case .success(.failure(let rejection)):
        rejections[rejection.failure.code, default: 0] += 1
        try set(record, aside, rejection.failure, isReported: aside == nil)
      case .failure(let failure):
        skippedCount += 1
        try set(record, aside, failure, isReported: true)
      }
    }
    try aside?.finish()
    try writer.finish()
    report()
  }

  private mutating func outcome(_ record: Record, _ line: Result<JSONObject, Failure>)
    -> Result<Result<JSONObject, Rejection>, Failure>
  {
    do throws(Failure) {
      _ = try line.get()
      return .success(try replies.read(record))
    } catch {
      return .failure(error)
    }
  }

  private func set(
    _ record: Record, _ aside: JSONLWriter?, _ failure: Failure, isReported: Bool
  ) throws(Failure) {
    try session.recordSkipped(failure, at: record, isReported: isReported)
    var object = record.identified
    object["rejected"] = SkipMark(code: failure.code, message: failure.message).json
    try aside?.write(object)
  }

  /// Every reply is in one of the counts.
  private func report() {
    let rejected = rejections.values.reduce(0, +)
    let all = writtenCount + skippedCount + rejected
    guard
      writtenCount < all || replies.cutCount + replies.duplicateCount > 0
        || session.settings.isVerbose
    else { return }
    let reasons = rejections.sorted { $0.key < $1.key }.map { "\(grouped($0.value)) \($0.key)" }
    var parts = ["\(grouped(writtenCount)) written"]
    if replies.cutCount > 0 { parts[0] += " (\(grouped(replies.cutCount)) of them cut)" }
    if replies.duplicateCount > 0 {
      parts[0] += " (\(grouped(replies.duplicateCount)) with an id that was there before)"
    }
    parts.append("\(grouped(rejected)) rejected")
    if !reasons.isEmpty { parts[1] += " (\(reasons.joined(separator: ", ")))" }
    parts.append("\(grouped(skippedCount)) skipped")
    session.reporter.note(
      "\(grouped(all)) \(all == 1 ? "reply" : "replies"): \(parts.joined(separator: ", "))")
  }
}
