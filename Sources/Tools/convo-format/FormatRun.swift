// The loop over the records, for each of the tool's three ways to work.
// SPDX-License-Identifier: Apache-2.0
import Conversations
import Glibc
import InputOutput
import JSON
import Streams
import Tokenizers
import ToolSupport

/// One run over an input.
struct FormatRun {
  let formatter: RecordFormatter
  let done: DoneRecords?
  let session: Session

  /// Writes each record with its prompt.
  func write(_ reader: any ObjectReader, to writer: JSONLWriter) throws(Failure) {
    try forEach(reader) { (record, result) throws(Failure) in
      switch result {
      case .success(let made): try writer.write(made)
      case .failure(let failure):
        try writer.skip(record, code: failure.code, message: failure.message)
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
    let isTerminal = session.settings.output == nil && isatty(1) == 1
    let colour = isTerminal && getenv("NO_COLOR") == nil
    try forEach(reader) { (record, result) throws(Failure) in
      guard case .success(let made) = result, let json = made["prompt"],
        let tokens = try Prompt(json).tokens
      else { return }
      let table = MaskTable(tokens, tokenizer, imageTokens: formatter.options.imageTokens)
      try sink.write("# \(escapedForTerminal(record["id"]?.string ?? ""))\n")
      try sink.write(table.text(colour: colour))
    } passOn: { (_) throws(Failure) in
    }
    try sink.finish()
  }

  /// Prints what is wrong with the records. Ends with status 1 if anything is.
  func check(_ reader: any ObjectReader, asJSON: Bool) throws(Failure) {
    var check = DatasetCheck(formatter)
    while let line = try reader.next() { check.look(at: line.result, number: line.number) }
    let sink = try session.sink(isBinary: false)
    let json = check.json.serializedString + "\n"
    try sink.write(asJSON ? sink.isTerminal ? escapedJSONForTerminal(json) : json : check.table)
    try sink.finish()
    guard !check.isClean else { return }
    let count = check.counts.values.reduce(0) { $0 + $1.records }
    throw Failure(.skippedRecords, code: "check/findings", "\(counted(count, "finding")) in all")
  }

  /// Formats every record that is not done yet, tells the session, and reports notes at the end.
  private func forEach(
    _ reader: any ObjectReader,
    _ body: (JSONObject, Result<JSONObject, Failure>) throws(Failure) -> Void,
    passOn: (JSONObject) throws(Failure) -> Void
  ) throws(Failure) {
    var counts: [FormatNote: Int] = [:]
    var done = done
    while let line = try reader.next() {
      let source = (try? line.result.get()) ?? JSONObject()
      let record = RecordFormatter.identified(source, line: line.number)
      let id = record["id"]?.string ?? ""
      if done?.take(id) == true { continue }
      if let skipped = source["skipped"] {
        let message = skipped.object?["message"]?.string ?? ""
        try session.skipPassedOn(
          code: skipped.object?["code"]?.string ?? "skipped", message: message, id: id)
        try passOn(source)
        continue
      }
      var notes: [FormatNote] = []
      let result = Result { () throws(Failure) in
        _ = try line.result.get()
        let made = try formatter.format(record, notes: &notes)
        try checkSize(of: made)
        return made
      }
      if case .failure(let failure) = result {
        try refuse(failure, source, at: "\(reader.name): line \(line.number) id=\(id)")
      }
      try body(record, result)
      if case .success = result { session.recordDone() }
      for note in Set(notes) { counts[note, default: 0] += 1 }
    }
    for (note, count) in counts.sorted(by: { $0.key.code < $1.key.code }) {
      session.reporter.warning("\(counted(count, "record")): \(note.message)")
    }
  }

  /// Refuses here what a tool further on would have to: there it would lose its text or its id.
  private func checkSize(of record: JSONObject) throws(Failure) {
    let count = JSONValue.object(record).serialized().count
    guard count <= session.settings.limits.lineBytes else {
      throw Failure(
        .limitExceeded, code: "record/too-large",
        "the record would take \(count) bytes, expected at most"
          + " \(session.settings.limits.lineBytes)", remedy: "raise --max-line")
    }
    let hasImages = ["image", "images"].contains { ![nil, .null].contains(record[$0]) }
    guard !hasImages || count <= largestMetadataValue else {
      throw Failure(
        .limitExceeded, code: "record/too-large",
        "the record would take \(count) bytes, expected at most \(largestMetadataValue) of one"
          + " with images", remedy: "leave members out that the answer does not need")
    }
  }

  /// Counts a record that cannot be made. A list of images without any question ends the run.
  private func refuse(_ failure: Failure, _ source: JSONObject, at place: String) throws(Failure) {
    if failure.code == "record/no-question", source.keys == ["image"], session.done == 0 {
      throw Failure(
        .usage, code: "usage/no-question", at: place, failure.message, remedy: failure.remedy)
    }
    try session.recordSkipped(failure.place == nil ? failure.at(place) : failure)
  }
}
