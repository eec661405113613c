// Random access to the lines of a JSONL file, from any thread.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Records

/// JSONL in a regular file, plain or in frames of one line as `JSONLWriter` makes them, that was
/// walked once, so that each of its lines can be had at once. An index takes 24 bytes a line.
public final class ObjectIndex: Sendable {
  /// The path, for messages.
  public let name: String
  /// Lines with something on them; those that cannot be read are among them.
  public var count: Int { places.count }
  public let skippedCount: Int
  /// SHA-256 of all lines that have something on them, each with a line end.
  public let digest: String
  private let file: MappedFile
  private let limits: StreamLimits
  private let isCompressed: Bool
  private let places: [RecordPlace]

  /// Walks the file `path`. `visit` sees every line in order, from ordinal 0, and may refuse it.
  /// `requireEnd`: refuse an input without the end mark of `JSONLWriter`, where a plain one would do.
  ///
  /// Throws what `openObjects`, `JSONLReader` and `MappedFile` throw, `file/changed`,
  /// `jsonl/not-lines` for an array or a list of paths, and `jsonl/shared-frame`.
  public convenience init(
    path: String, limits: StreamLimits = StreamLimits(), requireEnd: Bool = false,
    warn: @escaping (String) -> Void = { _ in },
    visit: (_ ordinal: Int, _ line: ObjectLine) throws(Failure) -> Void = { _, _ in }
  ) throws(Failure) {
    try self.init(
      try MappedFile(path: path), limits: limits, requireEnd: requireEnd, warn: warn, visit: visit)
  }

  init(
    _ file: MappedFile, limits: StreamLimits, requireEnd: Bool, warn: @escaping (String) -> Void,
    visit: (_ ordinal: Int, _ line: ObjectLine) throws(Failure) -> Void
  ) throws(Failure) {
    let walked = Result { () throws(Failure) in
      let isCompressed = try Self.checkBeginning(file, limits)
      var walk = ObjectWalk(file, limits: limits)
      try isCompressed
        ? walk.runFrames(requireEnd: requireEnd, warn: warn, visit)
        : walk.runPlain(requireEnd: requireEnd, visit)
      return (walk, isCompressed)
    }
    try file.verifyUnchanged()
    let walk: ObjectWalk
    (walk, isCompressed) = try walked.get()
    self.file = file
    self.limits = limits
    name = file.path
    // A copy of the right size: what grew by doubling may be twice as large.
    places = walk.places.withUnsafeBufferPointer { Array($0) }
    skippedCount = walk.skippedCount
    digest = walk.digest.hexadecimal()
  }

  /// Whether the line at `ordinal` has the mark of a skip, or cannot be read.
  public func isSkip(at ordinal: Int) -> Bool { places[ordinal].isSkip }

  /// The line at `ordinal`, from 0, empty lines not counted. A line that cannot be read has its
  /// failure as its result. Throws `file/changed`, and what frames throw.
  public func line(at ordinal: Int) throws(Failure) -> ObjectLine {
    let place = places[ordinal]
    do throws(Failure) {
      return try file.read(place) { (source) throws(Failure) in
        var line: TextLine? = TextLine(file.bytes[place.range], limits)
        if isCompressed {
          let frames = try FrameReader(source, limits: limits, warn: { _ in })
          line = try frames.onlyLine(isFirst: place.number == 1, isLast: true, limits)
        }
        return ObjectLine(line ?? .bytes([]), number: place.number, of: name, limits)
      }
    } catch {
      throw error.at("\(name): line \(place.number)")
    }
  }

  /// Whether the file is compressed. Throws where it does not begin as JSONL does.
  private static func checkBeginning(_ file: MappedFile, _ limits: StreamLimits) throws(Failure)
    -> Bool
  {
    do throws(Failure) {
      let frames = try FrameReader(MappedSource(file), limits: limits, warn: { _ in })
      try frames.refuseEmptyInput()
      if try frames.holdTensors() {
        throw Failure(
          .invalidInput, code: "text/binary", "expected JSON lines, found a tensor stream")
      }
      let lines = LineReader(frames, limits: limits, marks: StreamMarks(of: frames))
      try lines.refuseForeign()
      let first = try lines.peekVisibleByte()
      guard first == nil || first == UInt8(ascii: "{") else {
        let isArray = first == UInt8(ascii: "[")
        throw Failure(
          .invalidInput, code: "jsonl/not-lines",
          "expected JSON lines, found \(isArray ? "a JSON array" : "other text")",
          remedy: "pass it through convo-format first")
      }
      return frames.isCompressed
    } catch {
      throw error.at(file.path)
    }
  }
}

extension ObjectLine {
  /// What `line` holds, as the reader in order says it.
  init(_ line: TextLine, number: Int, of name: String, _ limits: StreamLimits) {
    let object = Result { () throws(Failure) in
      guard case .bytes(let bytes) = line else { throw lineTooLong(limits) }
      return try parseObject(bytes)
    }
    self.init(
      number: number, input: name, unit: "line",
      result: object.mapError { $0.at("\(name): line \(number)") })
    if case .bytes(let bytes) = line { byteCount = bytes.count }
  }

  /// Whether the line has the mark of a skip.
  var isMarked: Bool { (try? result.get()).flatMap(SkipMark.init) != nil }
}
