// The scan of a JSONL file that builds its index.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput
import JSON

/// Reads all lines and checks what the reader in order checks.
struct ObjectWalk {
  typealias Visit = (_ ordinal: Int, _ line: ObjectLine) throws(Failure) -> Void

  private(set) var places: [RecordPlace] = []
  private(set) var skippedCount = 0
  private(set) var digest = SHA256()
  private let file: MappedFile
  private let limits: StreamLimits
  /// Lines so far, empty ones too.
  private var number = 0

  init(_ file: MappedFile, limits: StreamLimits) {
    self.file = file
    self.limits = limits
  }

  private var place: String { "\(file.path): line \(number + 1)" }

  /// Goes through lines that are in no frames. Throws `jsonl/no-end` with `requireEnd`, and what
  /// `visit` throws.
  mutating func runPlain(requireEnd: Bool, _ visit: Visit) throws(Failure) {
    let bytes = file.bytes
    var pages = PageRelease(file)
    var start = bytes.starts(with: Self.byteOrderMark) ? Self.byteOrderMark.count : 0
    do throws(Failure) {
      while start < bytes.count {
        try Interruption.check(file.path)
        let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
        let end = rest.firstIndex(of: 0x0A, upTo: rest.count) ?? rest.count
        try take(.init(rest[..<end], limits), start..<start + end, visit)
        start += end + 1
        pages.advance(to: min(start, bytes.count))
      }
      guard !requireEnd else { throw StreamMarks.noEnd }
    } catch {
      throw error.at(place)
    }
  }

  /// Goes through frames. Throws `jsonl/…`, what frames throw, and what `visit` throws.
  mutating func runFrames(
    requireEnd: Bool, warn: @escaping (String) -> Void, _ visit: Visit
  ) throws(Failure) {
    let source = MappedSource(file)
    let frames = try FrameReader(source, limits: limits, warn: warn)
    let marks = StreamMarks(of: frames)
    var pages = PageRelease(file)
    var position = 0
    do throws(Failure) {
      while position < file.bytes.count {
        try Interruption.check(file.path)
        let whole = FrameHeader.endOfFrame(file.bytes, at: position)
        let end = min(whole ?? .max, file.bytes.count)
        source.range = position..<end
        frames.restart()
        let isLast = end == file.bytes.count
        if let line = try frames.onlyLine(isFirst: number == 0, isLast: isLast, limits) {
          let taken = try take(line, position..<end, visit)
          if let taken { marks.count(isSkip: taken.isMarked) }
        }
        position = end
        pages.advance(to: position)
      }
      guard !marks.isOpen, marks.hasEnded || !requireEnd else { throw StreamMarks.noEnd }
    } catch {
      throw error.at(place)
    }
  }

  static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// Takes one line, which lies at `range`, or in the frame there; nil where it is empty.
  @discardableResult
  private mutating func take(_ line: TextLine, _ range: Range<Int>, _ visit: Visit)
    throws(Failure) -> ObjectLine?
  {
    if case .bytes(let bytes) = line {
      if bytes.allSatisfy(\.isJSONSpace) {
        number += 1
        return nil
      }
      if places.isEmpty { try LineReader.refuseBinary(bytes) }
      digest.update(bytes)
    }
    digest.update([0x0A])
    let object = ObjectLine(line, number: number + 1, of: file.path, limits)
    try visit(places.count, object)
    number += 1
    let isSkip = object.isMarked || (try? object.result.get()) == nil
    places.append(RecordPlace(range, number: number, isSkip: isSkip))
    if isSkip { skippedCount += 1 }
    return object
  }
}

extension FrameReader {
  /// The one line of the frame that the source is set to; nil where there is no content. Only the
  /// last frame may lack the line's end.
  ///
  /// Throws `jsonl/shared-frame`, and what frames throw.
  func onlyLine(isFirst: Bool, isLast: Bool, _ limits: StreamLimits) throws(Failure) -> TextLine? {
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    defer { chunk.deallocate() }
    let mark = isFirst ? ObjectWalk.byteOrderMark : []
    var line: [UInt8] = []
    var isEmpty = true
    var isEnded = false
    while case let count = try read(into: chunk), count > 0 {
      isEmpty = false
      let part = UnsafeRawBufferPointer(rebasing: chunk[..<count])
      let end = part.firstIndex(of: 0x0A, upTo: count)
      guard !isEnded, end == nil || end == count - 1 else { throw Self.sharedFrame }
      isEnded = end != nil
      // Enough to see that it is too long.
      line += part.prefix(min(end ?? count, limits.lineBytes + mark.count + 1 - line.count))
    }
    guard !isEmpty else { return nil }
    guard isEnded || isLast else { throw Self.sharedFrame }
    if !mark.isEmpty, line.starts(with: mark) { line.removeFirst(mark.count) }
    return line.count > limits.lineBytes ? .tooLong : .bytes(line)
  }

  private static var sharedFrame: Failure {
    Failure(
      .invalidInput, code: "jsonl/shared-frame",
      "expected a frame for each line, found lines that share frames: these can only be read in"
        + " order",
      remedy: "decompress the file with zstd -d: plain lines can be read in any order")
  }
}

extension TextLine {
  /// `bytes` as a line of a mapped file.
  init(_ bytes: Slice<UnsafeRawBufferPointer>, _ limits: StreamLimits) {
    self = bytes.count > limits.lineBytes ? .tooLong : .bytes(Array(bytes))
  }
}

extension UnsafeRawBufferPointer {
  /// The first place of `byte` among the first `count` bytes.
  fileprivate func firstIndex(of byte: UInt8, upTo count: Int) -> Int? {
    guard let base = baseAddress, count > 0 else { return nil }
    return memchr(base, Int32(byte), count).map { UnsafeRawPointer($0) - base }
  }
}
