// One event of a TensorBoard file, encoded as its record.
// SPDX-License-Identifier: Apache-2.0

/// An event: what happened, at which step, and when.
public struct TensorBoardEvent: Sendable {
  public enum Content: Sendable {
    /// What a file begins with: the version of the format.
    case fileVersion
    /// A run begins or goes on: what earlier files of the directory say of the event's step and of
    /// later ones is no longer so.
    case sessionStart
    /// Numbers under their names; 32 bits is what the format has.
    case scalars([(tag: String, value: Float)])
  }

  /// Seconds since 1970.
  public var time: Double
  public var step: Int
  public var content: Content

  public init(time: Double, step: Int, _ content: Content) {
    (self.time, self.step, self.content) = (time, step, content)
  }

  /// The record: the length, its masked checksum, the message, its masked checksum; numbers of the
  /// frame are little-endian (`tensorflow/core/lib/io/record_writer.cc`).
  public var record: [UInt8] {
    let length = littleEndian(UInt64(message.count))
    return length + littleEndian(CRC32C.masked(length)) + message
      + littleEndian(CRC32C.masked(message))
  }

  /// `tensorflow.Event`, by the field numbers of event.proto and summary.proto.
  private var message: [UInt8] {
    var event = ProtocolBuffer()
    event.add(1, time)
    if step != 0 { event.add(2, step) }
    switch content {
    case .fileVersion: event.add(3, "brain.Event:2")
    case .scalars(let scalars):
      var summary = ProtocolBuffer()
      for (tag, number) in scalars {
        var value = ProtocolBuffer()
        value.add(1, tag)
        value.add(2, number)
        summary.add(1, value)
      }
      event.add(5, summary)
    case .sessionStart:
      var session = ProtocolBuffer()
      session.add(1, 1)
      event.add(7, session)
    }
    return event.bytes
  }
}
