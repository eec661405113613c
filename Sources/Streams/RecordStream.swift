// Either kind of stream, for tools that take both.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// A stream, opened by what its first bytes say.
public enum RecordStream {
  case tensors(TensorStreamReader)
  case objects(any ObjectReader)

  /// Opens `source`, plain or compressed; throws what the readers throw.
  public init(
    opening source: any ByteSource, limits: StreamLimits = StreamLimits(),
    requireEnd: Bool = false, warn: @escaping (String) -> Void = { _ in }
  ) throws(Failure) {
    let frames = try FrameReader(source, limits: limits, warn: warn)
    let marks = StreamMarks(of: frames)
    let start = try frames.peek(8)
    // Even a stream without records has frames: its producer has failed.
    if start.isEmpty, !frames.isCompressed {
      throw Failure(
        .invalidInput, code: "stream/empty", at: source.name,
        "expected a stream, found no bytes", remedy: "see whether the tool before failed")
    }
    // A tensor stream begins with a length of at most 1 MiB; no text has zeros there.
    if start.count == 8, start[4...].allSatisfy({ $0 == 0 }) {
      // In a tensor stream such frames are none of ours.
      frames.onMark = nil
      self = .tensors(try TensorStreamReader(frames, limits: limits))
    } else {
      let lines = LineReader(frames, limits: limits, marks: marks)
      self = .objects(try openObjects(lines, format: .auto, requireEnd: requireEnd))
    }
  }
}
