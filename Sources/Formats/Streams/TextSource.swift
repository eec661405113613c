// The bytes of a text that may be compressed, for formats that are no records in a row.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// A text without its frames and its byte order mark.
public final class TextSource: ByteSource {
  public var name: String { lines.name }
  private let lines: LineReader

  /// Reads `source`, plain or compressed. Throws what frames throw, and `text/binary` where an
  /// image, an archive or something else begins that is no text.
  public init(
    _ source: any ByteSource, limits: StreamLimits = StreamLimits(),
    warn: @escaping (String) -> Void = { _ in }
  ) throws(Failure) {
    let frames = try FrameReader(source, limits: limits, warn: warn)
    let marks = StreamMarks(of: frames)
    // They count records, which nobody reads here.
    frames.onMark = nil
    lines = LineReader(frames, limits: limits, marks: marks)
    do throws(Failure) { try lines.refuseForeign() } catch { throw error.at(source.name) }
  }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
    let bytes = try lines.available()
    let count = min(bytes.count, buffer.count)
    buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
    lines.use(count)
    return count
  }
}
