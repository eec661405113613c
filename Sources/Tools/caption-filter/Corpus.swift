// All records of the input: held as lines, with the phrases of each.
// SPDX-License-Identifier: Apache-2.0
import CaptionFiltering
import InputOutput
import JSON
import Records
import Streams
import Threads
import ToolSupport

/// The input: the records, which of them are skips, and the phrases of the others.
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
  /// Bytes.
  private static let writtenTogether = 64 << 10

  init(source: PhraseSource, key: PhraseKey) {
    self.source = source
    self.key = key
  }

  var skippedCount: Int { skips.count }

  /// What threads make of some lines that stand together: the records as they are held, one behind
  /// the other, and the rest line by line.
  private struct Share {
    var json: [UInt8] = []
    var lines: [Prepared] = []
  }

  /// `line` is kept only where it is a skip or becomes one.
  private struct Prepared {
    var end = 0
    var id: [UInt8]?
    var keys: [[UInt8]] = []
    var line: ObjectLine?
    var failure: Failure?
  }

  /// Reads to the end. Skips are told to `session`.
  mutating func read(_ reader: any ObjectReader, pool: ThreadPool, session: Session)
    throws(Failure)
  {
    var lines: [UnparsedLine] = []
    while true {
      lines.removeAll(keepingCapacity: true)
      while lines.count < Self.batch, let line = try reader.nextUnparsed() { lines.append(line) }
      if lines.isEmpty { return }
      for share in prepare(lines, pool) {
        var start = 0
        for line in share.lines {
          try add(line, share.json[start..<line.end], session)
          start = line.end
        }
      }
    }
  }

  private func prepare(_ lines: [UnparsedLine], _ pool: ThreadPool) -> [Share] {
    let count = (lines.count + Self.share - 1) / Self.share
    var shares = [Share](repeating: Share(), count: count)
    shares.withUnsafeMutableBufferPointer { shares in
      nonisolated(unsafe) let shares = shares  // each task writes its own
      pool.run(count) { task, _ in
        let start = task * Self.share
        shares[task] = self.prepare(lines[start..<min(start + Self.share, lines.count)])
      }
    }
    return shares
  }

  private func prepare(_ lines: ArraySlice<UnparsedLine>) -> Share {
    var share = Share()
    share.lines.reserveCapacity(lines.count)
    for line in lines {
      var prepared = prepare(line.parsed(), &share.json)
      prepared.end = share.json.count
      share.lines.append(prepared)
    }
    return share
  }

  private func prepare(_ line: ObjectLine, _ json: inout [UInt8]) -> Prepared {
    var prepared = Prepared()
    do throws(Failure) {
      let object = try line.result.get()
      guard SkipMark(of: object) == nil else {
        prepared.line = line
        return prepared
      }
      prepared.keys = try source.phrases(of: object).map(key.bytes)
      prepared.id = Record.statedId(of: object).map { Array($0.utf8) }
      JSONValue.object(object).append(to: &json)
    } catch {
      prepared.line = line
      prepared.failure = error
    }
    return prepared
  }

  private mutating func add(_ prepared: Prepared, _ json: ArraySlice<UInt8>, _ session: Session)
    throws(Failure)
  {
    if let line = prepared.line { return try addSkip(line, prepared.failure, session) }
    if let id = prepared.id, try !ids.number(of: id).isNew { duplicateCount += 1 }
    try uses.add(prepared.keys)
    hold(json)
    session.recordDone()
  }

  /// Adds a record that `failure` spoils, or without one a skip of an earlier tool.
  private mutating func addSkip(_ line: ObjectLine, _ failure: Failure?, _ session: Session)
    throws(Failure)
  {
    let record = line.record
    guard let failure else {
      if let mark = SkipMark(of: record.object) { try session.skipPassedOn(mark, at: record) }
      skips.append((recordCount, nil))
      return hold(JSONValue.object(record.object).serialized()[...])
    }
    try session.recordSkipped(failure, at: record)
    skips.append((recordCount, SkipMark(code: failure.code, message: failure.message)))
    hold(JSONValue.object(record.identified).serialized()[...])
  }

  private mutating func hold(_ json: ArraySlice<UInt8>) {
    records.append(json)
    recordCount += 1
  }

  /// Writes the skips and the selected captions, in the order of the input.
  func write(_ selection: CaptionSelection, to writer: JSONLWriter) throws(Failure) {
    var (caption, skip) = (0, 0)
    var selected: [UInt8] = []
    func flush() throws(Failure) {
      try writer.write(serializedLines: selected)
      selected.removeAll(keepingCapacity: true)
    }
    try records.visit { (place, line) throws(Failure) in
      guard skip < skips.count, skips[skip].place == place else {
        if selection.isSelected[caption] { selected += line }
        if selected.count > Self.writtenTogether { try flush() }
        caption += 1
        return
      }
      try flush()
      let object = (try? JSONValue(parsing: Array(line)))?.object ?? JSONObject()
      if let mark = skips[skip].mark {
        try writer.skip(object, mark)
      } else {
        try writer.write(object)
      }
      skip += 1
    }
    try flush()
    try writer.finish()
  }
}
