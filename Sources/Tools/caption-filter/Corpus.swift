// All records of the input: held as lines, with the phrases of each.
// SPDX-License-Identifier: Apache-2.0
import CaptionFiltering
import InputOutput
import JSON
import Records
import Streams
import Threads
import ToolSupport

/// What was read: the records, which of them are skips, and the phrases of the others.
struct Corpus {
  let source: PhraseSource
  let key: PhraseKey
  private(set) var uses = PhraseUses()
  /// Records with an id that an earlier one has.
  private(set) var duplicateCount = 0
  private var ids = TextTable()
  private var records = HeldRecords()
  private var recordCount = 0
  /// The skips by their places among the records; the mark is nil where the record has one already.
  private var skips: [(place: Int, mark: SkipMark?)] = []

  /// Enough for every thread, little beside the corpus.
  private static let batch = 4096
  private static let share = 64

  init(source: PhraseSource, key: PhraseKey) {
    self.source = source
    self.key = key
  }

  var skippedCount: Int { skips.count }

  /// What threads make of a line: the record as it is held, and its phrases.
  private struct Prepared {
    var json: [UInt8] = []
    var id: [UInt8]?
    var keys: Result<[[UInt8]], Failure> = .success([])
  }

  /// Reads to the end. Skips are told to `session`.
  mutating func read(_ reader: any ObjectReader, pool: ThreadPool, session: Session)
    throws(Failure)
  {
    var lines: [ObjectLine] = []
    while true {
      lines.removeAll(keepingCapacity: true)
      while lines.count < Self.batch, let line = try reader.next() { lines.append(line) }
      if lines.isEmpty { return }
      let prepared = prepare(lines, pool)
      for (line, prepared) in zip(lines, prepared) { try add(line, prepared, session) }
    }
  }

  private func prepare(_ lines: [ObjectLine], _ pool: ThreadPool) -> [Prepared] {
    var prepared = [Prepared](repeating: Prepared(), count: lines.count)
    prepared.withUnsafeMutableBufferPointer { prepared in
      nonisolated(unsafe) let slots = prepared  // each task writes its own slots
      pool.run((lines.count + Self.share - 1) / Self.share) { task, _ in
        let start = task * Self.share
        for place in start..<min(start + Self.share, lines.count) {
          slots[place] = self.prepare(lines[place])
        }
      }
    }
    return prepared
  }

  private func prepare(_ line: ObjectLine) -> Prepared {
    guard case .success(let object) = line.result, SkipMark(of: object) == nil else {
      return Prepared()
    }
    let keys = Result { () throws(Failure) in try source.phrases(of: object).map(key.bytes) }
    return Prepared(
      json: JSONValue.object(object).serialized(),
      id: Record.statedId(of: object).map { Array($0.utf8) }, keys: keys)
  }

  private mutating func add(_ line: ObjectLine, _ prepared: Prepared, _ session: Session)
    throws(Failure)
  {
    do throws(Failure) {
      if let mark = SkipMark(of: try line.result.get()) {
        try session.skipPassedOn(mark, at: line.record)
        return hold(JSONValue.object(line.record.object).serialized(), isSkip: true)
      }
      let keys = try prepared.keys.get()
      if let id = prepared.id, try !ids.number(of: id).isNew { duplicateCount += 1 }
      try uses.add(keys)
      hold(prepared.json)
    } catch {
      try session.recordSkipped(error, at: line.record)
      hold(
        JSONValue.object(line.record.identified).serialized(), isSkip: true,
        mark: SkipMark(code: error.code, message: error.message))
      return
    }
    session.recordDone()
  }

  private mutating func hold(_ json: [UInt8], isSkip: Bool = false, mark: SkipMark? = nil) {
    if isSkip { skips.append((recordCount, mark)) }
    records.append(json)
    recordCount += 1
  }

  /// Writes the skips and the captions that were selected, in the order of the input.
  func write(_ selection: CaptionSelection, to writer: JSONLWriter) throws(Failure) {
    var (caption, skip) = (0, 0)
    try records.visit { (place, line) throws(Failure) in
      guard skip < skips.count, skips[skip].place == place else {
        if selection.isSelected[caption] { try writer.write(serialized: Array(line)) }
        caption += 1
        return
      }
      let object = (try? JSONValue(parsing: Array(line)))?.object ?? JSONObject()
      if let mark = skips[skip].mark {
        try writer.skip(object, mark)
      } else {
        try writer.write(object)
      }
      skip += 1
    }
    try writer.finish()
  }
}
