// Either kind of stream, for tools that take both.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// A stream, opened by what its first bytes say.
public enum RecordStream {
  case tensors(TensorStreamReader)
  case objects(any ObjectReader)

  /// Opens `source`, plain or compressed; throws what the readers throw. `refusesEmptyInput`: refuse an
  /// input without a byte, else it holds no object.
  public init(
    opening source: any ByteSource, limits: StreamLimits = StreamLimits(),
    requireEnd: Bool = false, refusesEmptyInput: Bool = true,
    warn: @escaping (String) -> Void = { _ in }
  ) throws(Failure) {
    let frames = try FrameReader(source, limits: limits, warn: warn)
    let marks = StreamMarks(of: frames)
    if refusesEmptyInput {
      do throws(Failure) { try frames.refuseEmptyInput() } catch { throw error.at(source.name) }
    }
    if try frames.holdTensors() {
      // In a tensor stream such frames are none of ours.
      frames.onMark = nil
      self = .tensors(try TensorStreamReader(frames, limits: limits))
    } else {
      let lines = LineReader(frames, limits: limits, marks: marks)
      do throws(Failure) {
        self = .objects(try openObjects(lines, format: .auto, requireEnd: requireEnd))
      } catch { throw error.at(source.name) }
    }
  }
}

extension FrameReader {
  /// Whether a tensor stream begins here: with a length of at most 1 MiB, so with zeros, which no
  /// text has.
  func holdTensors() throws(Failure) -> Bool {
    let start = try peek(8)
    // gzip's header may have zeros there as well.
    guard start.count == 8, start[4...].allSatisfy({ $0 == 0 }),
      ForeignFormat.beginning(start) == nil
    else { return false }
    // JSON follows; in a small BMP and in an archive whose first name is short more zeros do.
    let next = try peek(9)
    return next.count == 8 || next[8] != 0
  }

  /// Throws `stream/empty` where there is not a byte: even a stream without records has frames, so
  /// its producer has failed.
  func refuseEmptyInput() throws(Failure) {
    guard try peek(1).isEmpty, !isCompressed else { return }
    throw Failure(
      .invalidInput, code: "stream/empty", "expected a stream, found no bytes",
      remedy: "see whether the tool before failed")
  }
}
