// Splits decompressed bytes into lines of bounded length.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput
import JSON

/// One line without its end, or the fact that it was too long to keep.
enum TextLine: Sendable {
  case bytes([UInt8])
  case tooLong
}

/// Lines, one at a time; memory is bounded by the longest line that is allowed.
final class LineReader {
  let frames: FrameReader
  let limits: StreamLimits
  let marks: StreamMarks
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
  private var unread = 0..<0
  private var isAtBeginning = true
  /// Empty lines at the beginning that were passed over without being read as lines.
  private(set) var droppedLines = 0

  convenience init(
    _ source: any ByteSource, limits: StreamLimits, warn: @escaping (String) -> Void
  ) throws(Failure) {
    let frames = try FrameReader(source, limits: limits, warn: warn)
    self.init(frames, limits: limits, marks: StreamMarks(of: frames))
  }

  init(_ frames: FrameReader, limits: StreamLimits, marks: StreamMarks) {
    self.frames = frames
    self.limits = limits
    self.marks = marks
  }

  deinit { buffer.deallocate() }

  var name: String { frames.name }

  /// The bytes that are there, after reading some if there were none; empty at the end.
  func available() throws(Failure) -> UnsafeRawBufferPointer {
    if isAtBeginning { try skipByteOrderMark() }
    if unread.isEmpty { unread = 0..<(try frames.read(into: buffer)) }
    return UnsafeRawBufferPointer(rebasing: buffer[unread])
  }

  /// Windows' editors begin UTF-8 with one; it is no part of the text.
  private func skipByteOrderMark() throws(Failure) {
    isAtBeginning = false
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    guard try frames.peek(1).first == mark[0], try frames.peek(3) == mark else { return }
    _ = try frames.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<mark.count]))
  }

  func use(_ count: Int) { unread = unread.lowerBound + count..<unread.upperBound }

  /// Where all that is here has been used, the frame it came from passes its checksum, unless the
  /// frame holds more.
  func settle() throws(Failure) { if unread.isEmpty { try frames.settle() } }

  /// What can be had without waiting for the source, up to the size of the buffer; empty at the end
  /// only.
  func arrived() throws(Failure) -> UnsafeRawBufferPointer {
    _ = try available()
    while frames.holdsPlain, try extend() {}
    return UnsafeRawBufferPointer(rebasing: buffer[unread])
  }

  /// Reads on behind what is there; false at the end, or where the buffer is full.
  private func extend() throws(Failure) -> Bool {
    let room = UnsafeMutableRawBufferPointer(rebasing: buffer[unread.upperBound...])
    let count = try frames.read(into: room)
    unread = unread.lowerBound..<unread.upperBound + count
    return count > 0
  }

  /// The first byte that is not white space. Everything stays, so that lines keep their numbers and
  /// a path its leading blanks; of white space that fills the buffer the line ends are counted.
  func peekVisibleByte() throws(Failure) -> UInt8? {
    if try available().isEmpty { return nil }
    var seen = unread.lowerBound
    while true {
      if let place = buffer[seen..<unread.upperBound].firstIndex(where: { !$0.isJSONSpace }) {
        return buffer[place]
      }
      if unread.upperBound == buffer.count {
        droppedLines += buffer[unread].count(where: { $0 == 0x0A })
        unread = 0..<0
      }
      seen = unread.upperBound
      if try !extend() { return nil }
    }
  }

  /// The first byte that is not white space, which stays; white space before it is gone.
  func firstVisibleByte() throws(Failure) -> UInt8? {
    while true {
      let bytes = try available()
      if bytes.isEmpty { return nil }
      let blanks = bytes.prefix(while: \.isJSONSpace).count
      if blanks < bytes.count {
        use(blanks)
        return bytes[blanks]
      }
      use(blanks)
    }
  }

  /// The next line, or nil at the end. The frame it came from has passed its checksum, unless the
  /// frame holds more lines.
  ///
  /// `refusesNul`: throw `text/binary` at a NUL, which no list of paths has. In JSON it spoils its
  /// line only.
  func next(endsWith end: UInt8 = 0x0A, refusesNul: Bool = false) throws(Failure) -> TextLine? {
    var line: [UInt8] = []
    var isTooLong = false
    while true {
      let bytes = try available()
      guard let base = bytes.baseAddress, !bytes.isEmpty else {
        if isTooLong { return .tooLong }
        return line.isEmpty ? nil : .bytes(line)
      }
      let found = memchr(base, Int32(end), bytes.count)
      let count = found.map { UnsafeRawPointer($0) - base } ?? bytes.count
      if refusesNul, memchr(base, 0, count) != nil { throw Self.binary() }
      if !isTooLong {
        isTooLong = line.count + count > limits.lineBytes
        if isTooLong {
          line = []
        } else {
          line.append(contentsOf: UnsafeRawBufferPointer(start: base, count: count))
        }
      }
      use(found == nil ? count : count + 1)
      guard found != nil else { continue }
      try settle()
      return isTooLong ? .tooLong : .bytes(line)
    }
  }
}

extension LineReader {
  /// Throws `text/binary` when an image or something else begins here that no list of paths does.
  func refuseForeign() throws(Failure) {
    guard let format = ForeignFormat.beginning(try arrived()) else { return }
    throw Failure(
      .invalidInput, code: "text/binary",
      "expected records or a list of paths, found \(format.name)"
        + (format.isImage ? " itself" : ""), remedy: format.remedy(for: name))
  }

  /// Throws `text/binary` when there is a NUL in what has arrived of the first line that is not
  /// blank; not where it begins with `{` if `allowsObjects`.
  func refuseBinary(allowsObjects: Bool) throws(Failure) {
    let line = try arrived().drop(while: \.isJSONSpace).prefix { $0 != 0x0A }
    if allowsObjects, line.first == UInt8(ascii: "{") { return }
    if line.contains(0) { throw Self.binary() }
  }

  /// Throws `text/binary` where `line`, the first that is not blank, has a NUL and is no object: a
  /// NUL spoils its line, but then all is something else, compressed lines with a damaged beginning
  /// for instance. `openObjects` looks at what has arrived by then; here is the whole line.
  static func refuseBinary(_ line: [UInt8]) throws(Failure) {
    let first = line.first { !$0.isJSONSpace }
    if first != UInt8(ascii: "{"), line.contains(0) { throw binary() }
  }

  /// The failure of bytes that are no text.
  static func binary() -> Failure {
    Failure(
      .invalidInput, code: "text/binary", "expected text, found binary data",
      remedy:
        "for paths that end with NUL: --from paths0 of convo-format, clip-encode and llava-caption")
  }
}

/// The failure of a line or an element above the limit; `what` it should have been.
func lineTooLong(_ limits: StreamLimits, _ what: String = "an object") -> Failure {
  Failure(
    .limitExceeded, code: "json/too-long",
    "expected \(what) of at most \(limits.lineBytes) bytes", remedy: limits.lineRemedy)
}
