// Writes JSONL: one object per line, in one write each or many together.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Records

/// A JSONL stream being written. Compressed, it has a begin mark, one frame per line, and an end mark
/// that only `finish` writes, so that a reader detects truncation anywhere.
public final class JSONLWriter {
  public private(set) var recordCount = 0
  public private(set) var skippedCount = 0
  private let sink: any ByteSink
  private let frames: FrameWriter?
  private let lineBytes: Int
  private let beforeEnd: () throws(Failure) -> Void
  private var failure: Failure?

  /// `level`: nil writes plain text, 0 stores in frames, 1 to 19 compress. `lineBytes`: of skipped
  /// objects that would be longer only the id is kept. `beforeEnd` throws where there must be no end
  /// mark in spite of all.
  public init(
    _ sink: any ByteSink, level: Int?, lineBytes: Int = StreamLimits().lineBytes,
    beforeEnd: @escaping () throws(Failure) -> Void = {}
  ) throws(Failure) {
    self.sink = sink
    self.lineBytes = lineBytes
    self.beforeEnd = beforeEnd
    guard let level else {
      frames = nil
      return
    }
    let frames = try FrameWriter(sink, level: level)
    try frames.writeMark(beginMark)
    self.frames = frames
  }

  /// Writes one line. An object with the mark of a skip counts as skipped.
  public func write(_ object: JSONObject) throws(Failure) {
    try write(JSONValue.object(object).serialized(), isSkip: SkipMark(of: object) != nil)
  }

  /// Writes the line of an object that is no skip.
  public func write(serialized line: [UInt8]) throws(Failure) { try write(line, isSkip: false) }

  /// Writes lines of objects that are no skips, each with its end; plain ones in one write.
  public func write(serializedLines lines: [UInt8]) throws(Failure) {
    if let failure { throw failure }
    guard frames == nil, !sink.isTerminal else {
      for line in lines.split(separator: 0x0A) { try write(serialized: Array(line)) }
      return
    }
    do throws(Failure) { try sink.write(lines) } catch {
      failure = error
      throw error
    }
    recordCount += lines.count { $0 == 0x0A }
  }

  private func write(_ object: [UInt8], isSkip: Bool) throws(Failure) {
    if let failure { throw failure }
    do throws(Failure) {
      if let frames {
        try frames.write(object + [0x0A])
      } else if sink.isTerminal {
        try sink.write(escapedJSONForTerminal(String(decoding: object, as: UTF8.self)) + "\n")
      } else {
        try sink.write(object + [0x0A])
      }
    } catch {
      failure = error
      throw error
    }
    recordCount += 1
    if isSkip { skippedCount += 1 }
  }

  /// Writes `object` with a mark that says why nothing was made of it.
  public func skip(_ object: JSONObject, _ mark: SkipMark) throws(Failure) {
    var object = object
    object["skipped"] = mark.json
    var line = JSONValue.object(object).serialized()
    if line.count > lineBytes, let id = object["id"] {
      line = JSONValue.object(["id": id, "skipped": mark.json]).serialized()
    }
    try write(line, isSkip: true)
  }

  /// Writes the end mark and makes sure that all bytes arrived.
  public func finish() throws(Failure) {
    if let failure { throw failure }
    try beforeEnd()
    if let frames {
      let counts = JSONValue.object(["records": .int(recordCount), "skipped": .int(skippedCount)])
      try frames.writeMark(endMark + counts.serialized())
    }
    try sink.finish()
  }
}
