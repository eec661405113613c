// Writes JSONL: an object a line, each leaving in one write.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Records

/// A JSONL stream in the making. Compressed, it has a begin mark, a frame a line, and an end mark
/// that only `finish` writes, so that a reader notices a cut anywhere.
public final class JSONLWriter {
  public private(set) var recordCount = 0
  public private(set) var skippedCount = 0
  private let sink: any ByteSink
  private let frames: FrameWriter?
  private var failure: Failure?

  /// `level`: nil writes plain text, 0 stores in frames, 1 to 19 compress.
  public init(_ sink: any ByteSink, level: Int?) throws(Failure) {
    self.sink = sink
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
    if let failure { throw failure }
    do throws(Failure) {
      let line = JSONValue.object(object).serialized() + [0x0A]
      if let frames { try frames.write(line) } else { try sink.write(line) }
    } catch {
      failure = error
      throw error
    }
    recordCount += 1
    if SkipMark(of: object) != nil { skippedCount += 1 }
  }

  /// Writes `object` with a mark that says why nothing was made of it.
  public func skip(_ object: JSONObject, _ mark: SkipMark) throws(Failure) {
    var object = object
    object["skipped"] = mark.json
    try write(object)
  }

  /// Writes the end mark and makes sure that all bytes arrived.
  public func finish() throws(Failure) {
    if let failure { throw failure }
    if let frames {
      let counts = JSONValue.object(["records": .int(recordCount), "skipped": .int(skippedCount)])
      try frames.writeMark(endMark + counts.serialized())
    }
    try sink.finish()
  }
}
