// llava-train --inspect: records as the model sees them, in the order of the run.
// SPDX-License-Identifier: Apache-2.0
import Conversations
import Glibc
import InputOutput
import Records
import Streams
import Tokenizers
import ToolSupport
import Training
import TrainingData
import TrainingRuns

/// Prints records as tables on stdout.
struct RecordInspection {
  let data: TrainingRecords
  /// For the tokens' texts.
  let tokenizer: Tokenizer?
  let session: Session

  /// Prints the first `count` records of the first epoch, those too that are skipped.
  func write(_ count: Int) throws(Failure) {
    let output = FileSink.standardOutput
    let colour = isatty(1) == 1 && getenv("NO_COLOR") == nil
    if tokenizer == nil {
      session.reporter.warning("the model has no tokenizer: of tokens only the ids are known")
    }
    switch data.kind {
    case .files(let files, let order):
      let numbers = try order.order(epoch: 0)
      for (index, number) in numbers.prefix(count).enumerated() {
        // Skips were told and counted when the files were walked.
        let text = try text(files.record(order.record(number)), nil, colour: colour)
        try output.write("# \(grouped(index + 1)) of \(grouped(numbers.count)): \(text)")
      }
    case .dealt: break
    case .pipe(let stream):
      let read = TrainingInput.records(of: stream)
      for index in 0..<count {
        guard let record = try read() else { break }
        let text = try text(record, data.handling, colour: colour)
        try output.write("# \(grouped(index + 1)): \(text)")
      }
    }
    try output.finish()
  }

  /// A line that names the record, one that says what becomes of it, and its table. `handling` is told
  /// what becomes of it.
  private func text(_ record: TrainingRecord, _ handling: SkipHandling?, colour: Bool)
    throws(Failure) -> String
  {
    switch record {
    case .passOn(let record, let mark):
      try handling?.passOn(mark, record)
      return skipped(record, "skipped by an earlier tool: \(mark.message)", mark.code)
    case .broken(let record, let failure):
      try handling?.skip(failure, record)
      return skipped(record, "skipped: \(failure.message)", failure.code)
    case .learn(let record, let images):
      do throws(Failure) {
        let sequence = try data.reader.sequence(record, images: images)
        handling?.take(sequence.images)
        let table = MaskTable(rows: rows(of: sequence)).text(colour: colour)
        return "\(escapedForTerminal(record.name))\n# \(Self.summary(of: sequence))\n\(table)"
      } catch {
        guard error.spoilsRecordOnly else { throw error }
        try handling?.skip(error, record)
        return skipped(record, "skipped: \(error.message)", error.code)
      }
    }
  }

  private func skipped(_ record: Record, _ reason: String, _ code: String) -> String {
    "\(escapedForTerminal(record.name))\n"
      + "# \(escapedForTerminal(reason)) [\(escapedForTerminal(code))]\n"
  }

  private static func summary(of sequence: TrainingSequence) -> String {
    var text = "\(grouped(sequence.length)) position\(sequence.length == 1 ? "" : "s")"
    if sequence.images > 0 { text += ", \(counted(sequence.images, "image"))" }
    text += ", \(counted(sequence.targets.count, "token")) with loss"
    if sequence.isTruncated { text += "; cut from \(grouped(sequence.fullLength)) positions" }
    return text
  }

  /// What the model gets, position by position; what carries loss is the token that follows a target.
  private func rows(of sequence: TrainingSequence) -> [MaskTable.Row] {
    let carriers = Set(sequence.targets.map { Int($0.row) + 1 })
    var (rows, position) = ([MaskTable.Row](), 0)
    var numbers = sequence.imageNumbers.makeIterator()
    for part in sequence.parts {
      switch part {
      case .tokens(let ids):
        for (index, id) in ids.enumerated() {
          let place = position + index
          rows.append(
            .token(id, tokenizer, carriesLoss: carriers.contains(place), position: place))
        }
      case .image, .pixels:
        rows.append(.image(numbers.next() ?? 0, rows: part.length, from: position))
      }
      position += part.length
    }
    return rows
  }
}
