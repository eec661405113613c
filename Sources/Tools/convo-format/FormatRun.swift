// The loop over the records, for each of the tool's three modes.
// SPDX-License-Identifier: Apache-2.0
import Conversations
import Glibc
import InputOutput
import JSON
import Records
import Streams
import Tokenizers
import ToolSupport

/// One run over an input.
struct FormatRun {
  let formatter: RecordFormatter
  let questions: Questions
  let done: DoneRecords?
  /// False where records were passed over: none behind them is nothing odd.
  let isFromStart: Bool
  let session: Session

  /// Writes each record with its prompt.
  func write(_ reader: any ObjectReader, to writer: JSONLWriter) throws(Failure) {
    try forEach(reader, finish: line) { (record, result) throws(Failure) in
      switch result {
      case .success(let line): try writer.write(serialized: line)
      case .failure(let failure):
        try writer.skip(record, SkipMark(code: failure.code, message: failure.message))
      }
    } passOn: { (record) throws(Failure) in
      try writer.write(record)
    }
    try writer.finish()
  }

  /// Prints each record's tokens.
  func showMasks(_ reader: any ObjectReader) throws(Failure) {
    guard let tokenizer = formatter.options.tokenizer else { return }
    let sink = try session.sink(isBinary: false)
    let colour = showsColours
    try forEach(reader, finish: unchanged) { (record, result) throws(Failure) in
      guard case .success(let made) = result, let json = made["prompt"],
        let tokens = try Prompt(json).tokens
      else { return }
      let rows = formatter.options.imageTokens
      let table = MaskTable(tokens, tokenizer) { _ in rows }
      try sink.write("# \(escapedForTerminal(record["id"]?.string ?? ""))\n")
      try sink.write(table.text(colour: colour))
    } passOn: { (_) throws(Failure) in
    }
    try sink.finish()
  }

  /// Whether a table's lines may have colours.
  var showsColours: Bool {
    session.settings.output == nil && isatty(1) == 1 && getenv("NO_COLOR") == nil
  }

  /// Prints the faults of the records. Exits with status 1 if there are any.
  func check(_ reader: any ObjectReader, asJSON: Bool) throws(Failure) {
    var check = DatasetCheck(formatter)
    while let line = try reader.next() {
      for asked in questions.asked(line, formatter) {
        let formatter = Result { () throws(Failure) in
          _ = try line.result.get()
          return try asked.formatter.get()
        }
        check.look(
          at: asked.record, formatter.map { _ in asked.record.object }, by: try? formatter.get())
      }
    }
    let sink = try session.sink(isBinary: false)
    let json = check.json.serializedString + "\n"
    try sink.write(asJSON ? sink.isTerminal ? escapedJSONForTerminal(json) : json : check.table)
    try sink.finish()
    guard !check.isClean else { return }
    let count = check.counts.values.reduce(0) { $0 + $1.records }
    throw Failure(.skippedRecords, code: "check/findings", "\(counted(count, "finding")) in all")
  }

  /// Formats every record that is not done yet, makes of it what `finish` does, tells the session,
  /// and reports notes at the end.
  private func forEach<Made>(
    _ reader: any ObjectReader, finish: (JSONObject) throws(Failure) -> Made,
    _ body: (JSONObject, Result<Made, Failure>) throws(Failure) -> Void,
    passOn: (JSONObject) throws(Failure) -> Void
  ) throws(Failure) {
    var counts: [FormatNote: Int] = [:]
    var done = done
    var isEmpty = true
    let times = session.times
    times.endStart()
    while let line = try times.measure("input", reader.next) {
      isEmpty = false
      for asked in questions.asked(line, formatter) {
        let record = asked.record
        if done?.take(record.id) == true { continue }
        if let mark = SkipMark(of: record.object) {
          try session.skipPassedOn(mark, at: record)
          try passOn(record.object)
          continue
        }
        var notes: [FormatNote] = []
        let result = try times.measure("prompts") { () throws(Failure) in
          Result { () throws(Failure) in
            _ = try line.result.get()
            return try finish(asked.formatter.get().format(record.identified, notes: &notes))
          }
        }
        if case .failure(let failure) = result { try refuse(failure, record, of: line.record) }
        try times.measure("output") { () throws(Failure) in try body(record.identified, result) }
        if case .success = result {
          session.recordDone(images: try record.imagePaths().count)
        }
        for note in Set(notes) { counts[note, default: 0] += 1 }
      }
    }
    if isEmpty, isFromStart { session.reporter.warning("no records in \(reader.name)") }
    for (note, count) in counts.sorted(by: { $0.key.code < $1.key.code }) {
      session.reporter.warning("\(counted(count, "record")): \(note.message)")
    }
  }

  private func unchanged(_ record: JSONObject) -> JSONObject { record }

  /// The record's line. Refuses here what a tool further on would have to: there it would lose its
  /// text or its id.
  private func line(_ record: JSONObject) throws(Failure) -> [UInt8] {
    let line = JSONValue.object(record).serialized()
    let count = line.count
    guard count <= session.settings.limits.lineBytes else {
      throw Failure(
        .limitExceeded, code: "record/too-large",
        "the record would take \(count) bytes, expected at most"
          + " \(session.settings.limits.lineBytes)", remedy: "raise --max-line")
    }
    let hasImages = ["image", "images"].contains { ![nil, .null].contains(record[$0]) }
    // An image in the record itself goes no further than to the tool that encodes it.
    let carried =
      count <= largestMetadataValue
      ? count : JSONValue.object(Record.withoutInlineImages(record)).serialized().count
    guard !hasImages || carried <= largestMetadataValue else {
      throw Failure(
        .limitExceeded, code: "record/too-large",
        "the record would take \(carried) bytes, expected at most \(largestMetadataValue) of one"
          + " with images", remedy: "leave members out that the answer does not need")
    }
    return line
  }

  /// Counts a record that cannot be made; `source` is what the input has there. A list of images
  /// without any question, or with one that needs more than a path, ends the run.
  private func refuse(_ failure: Failure, _ record: Record, of source: Record) throws(Failure) {
    let lacksQuestion = questions.templates.isEmpty && formatter.lacksQuestion(source.object)
    if session.done == 0, source.object.keys == ["image"],
      lacksQuestion || questions.needMembers
    {
      throw Failure(
        .usage, code: lacksQuestion ? "usage/no-question" : "usage/question-member",
        failure.message, remedy: failure.remedy
      ).at(record)
    }
    try session.recordSkipped(failure, at: record)
  }
}
