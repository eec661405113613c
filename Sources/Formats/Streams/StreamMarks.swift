// The marks at both ends of compressed JSONL: skippable frames that other tools ignore.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// The skippable frame that holds a mark.
let markMagic: UInt32 = 0x184D_2A5D
/// No mark of ours is longer.
let longestMark = 4096
/// Begins a JSONL stream that will have an end mark: without one, it was cut.
let beginMark = Array("JLS1".utf8)
/// Begins the end mark; a JSON object with the counts follows.
let endMark = Array("JLE1".utf8)

/// What the marks said, and what was counted since the last one.
final class StreamMarks {
  /// True between a begin mark and its end mark.
  private(set) var isOpen = false
  private(set) var hasEnded = false
  private var records = 0
  private var skipped = 0

  /// Sees the marks of `frames` from now on.
  init(of frames: FrameReader) {
    frames.onMark = { (payload) throws(Failure) in try self.see(payload) }
  }

  func count(isSkip: Bool) {
    records += 1
    if isSkip { skipped += 1 }
  }

  /// Takes note of the mark `payload`. Throws `jsonl/no-end` or `jsonl/count`.
  func see(_ payload: [UInt8]) throws(Failure) {
    guard payload != beginMark else {
      if isOpen {
        throw Failure(
          .invalidInput, code: "jsonl/no-end", "a stream begins before the one ahead has ended",
          kind: .noEndMark)
      }
      isOpen = true
      (records, skipped) = (0, 0)
      return
    }
    // Frames of the same kind may be others'.
    guard payload.starts(with: endMark) else { return }
    let counts = try parseObject(Array(payload.dropFirst(endMark.count)))
    guard counts["records"]?.int == records, counts["skipped"]?.int == skipped else {
      throw Failure(
        .invalidInput, code: "jsonl/count",
        "the end mark says \(JSONValue.object(counts).serializedString), the stream has "
          + "\(counted(records, "record")), \(skipped) of them skipped")
    }
    (isOpen, hasEnded, records, skipped) = (false, true, 0, 0)
  }

  /// The failure of a stream that has begun and not ended.
  static var noEnd: Failure {
    Failure(
      .invalidInput, code: "jsonl/no-end",
      "the input ends without an end mark: its producer failed, or it was cut", kind: .noEndMark)
  }
}
