// Tells a tensor stream from JSON objects by the first bytes.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// What an input is.
public enum StreamKind: Sendable {
  case tensors
  case objects
  /// No bytes at all, not even the marks of an empty stream.
  case nothing

  /// Looks at the first bytes of `source`, and gives them back in front of the rest.
  ///
  /// A tensor stream begins with the length of a header, whose upper bytes are zeros, then `{`;
  /// no text holds zeros. Damage is left to the reader that follows.
  public static func detect(_ source: any ByteSource, limits: StreamLimits = StreamLimits())
    throws(Failure) -> (kind: StreamKind, source: any ByteSource)
  {
    let recorder = RecordingSource(source)
    var first: [UInt8] = []
    do throws(Failure) {
      let frames = try FrameReader(recorder, limits: limits) { _ in }
      while first.count < 9 {
        var byte: UInt8 = 0
        let count = try withUnsafeMutableBytes(of: &byte) { (buffer) throws(Failure) in
          try frames.read(into: buffer)
        }
        if count == 0 { break }
        first.append(byte)
      }
    } catch {
      guard error.status == .invalidInput || error.status == .limitExceeded else { throw error }
    }
    let isTensors = first.count == 9 && first[8] == UInt8(ascii: "{") && first[4...7] == [0, 0, 0, 0]
    let kind: StreamKind = isTensors ? .tensors : recorder.bytes.isEmpty ? .nothing : .objects
    return (kind, ReplayingSource(recorder.bytes, then: source))
  }
}

/// Remembers what was read.
private final class RecordingSource: ByteSource {
  let name: String
  private let source: any ByteSource
  private(set) var bytes: [UInt8] = []

  init(_ source: any ByteSource) {
    name = source.name
    self.source = source
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
    let count = try source.read(into: buffer)
    bytes += buffer[..<count]
    return count
  }
}

/// Bytes that were read before, then the source they came from.
private final class ReplayingSource: ByteSource {
  let name: String
  private var bytes: ArraySlice<UInt8>
  private let source: any ByteSource

  init(_ bytes: [UInt8], then source: any ByteSource) {
    name = source.name
    self.bytes = bytes[...]
    self.source = source
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
    guard !bytes.isEmpty else { return try source.read(into: buffer) }
    let part = bytes.prefix(buffer.count)
    buffer.copyBytes(from: part)
    bytes = bytes.dropFirst(part.count)
    return part.count
  }
}
