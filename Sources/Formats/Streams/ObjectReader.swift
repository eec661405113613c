// A sequence of JSON objects from any format: JSONL, an array, a table, a list of paths.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput
import JSON
import Records

/// One object of the input, or the reason why there is none.
public struct ObjectLine: Sendable {
  /// The line in JSONL and in lists, the element in an array; from 1.
  public let number: Int
  /// The name of the input.
  let input: String
  /// What is numbered: `line` or `element`.
  let unit: StaticString
  /// A failure spoils this line only: the next ones can be read, and this one becomes a skip.
  public let result: Result<JSONObject, Failure>
  /// The id of a record that cannot be read but has a name all the same, as a sample of an archive has.
  var fallbackId: String?
  /// About how much memory it takes, from its text; 0 for what is as short as a path.
  public internal(set) var byteCount = 0
}

extension ObjectLine {
  /// The input and the number, such as `stdin: line 3`.
  public var place: String { "\(input): \(unit) \(number)" }

  /// The record; a line that holds none stands for one without members.
  public var record: Record {
    let object = try? result.get()
    if object == nil, let fallbackId {
      return Record(JSONObject(), id: fallbackId, place: place)
    }
    return Record(object ?? JSONObject(), number: number, place: place)
  }
}

/// Objects in order.
public protocol ObjectReader: AnyObject {
  /// `stdin` or the path, for messages.
  var name: String { get }
  /// The next object, or nil at a proper end. Throws when nothing more can be read.
  func next() throws(Failure) -> ObjectLine?
  /// The same, where possible not yet parsed, so that threads can share that work.
  func nextUnparsed() throws(Failure) -> UnparsedLine?
}

extension ObjectReader {
  /// Passes over the next `count` objects, and lines that hold none; what follows keeps its numbers.
  /// Throws `input/too-short` where there are fewer.
  public func passOver(_ count: Int) throws(Failure) {
    for passed in 0..<count where try next() == nil {
      throw Failure(
        .invalidInput, code: "input/too-short", at: name,
        "expected at least the \(counted(count, "record")) to pass over, found \(passed)",
        remedy: "see --start, and whether this is the input that it was meant for")
    }
  }
}

/// How the objects of an input are written.
public enum ObjectFormat: String, CaseIterable, Sendable {
  /// By the first character: `{` begins JSONL, `[` an array, anything else a list of paths.
  case auto
  case jsonl
  case array
  /// A path a line; each becomes `{"image":"…"}`.
  case paths
  /// Paths that end with a NUL, as `find -print0` writes them.
  case paths0
  /// Rows of cells between commas, the first of which names the columns.
  case csv
  /// The same between tabs.
  case tsv
  /// An archive of webdataset, which only `TarSampleReader` reads.
  case tar
}

extension ObjectFormat {
  /// For `auto` the kind of table that the ending of `path` tells, such as `.csv` or `.tsv.zst`; no
  /// first character would tell a table from a list of paths.
  public func forFile(_ path: String?) -> ObjectFormat {
    guard self == .auto, let path else { return self }
    var bytes = path.utf8.suffix(8).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    if bytes.ends(with: ".zst") { bytes.removeLast(4) }
    return bytes.ends(with: ".csv") ? .csv : bytes.ends(with: ".tsv") ? .tsv : self
  }
}

extension [UInt8] {
  fileprivate func ends(with text: StaticString) -> Bool {
    text.withUTF8Buffer { suffix($0.count).elementsEqual($0) }
  }
}

/// Opens `source`, plain or compressed, as a reader of objects.
///
/// `requireEnd`: refuse an input without the end mark of `JSONLWriter`, where a plain one would do.
/// `refusesEmptyInput`: refuse an input without a byte where the format is not given. `columns`: what
/// the texts between tabs are called where the input is no list of paths but lines of texts; not
/// none. `imageKey`: the column of a table that says where images are. `image`: what an input of no
/// given format becomes that is an image.
public func openObjects(
  _ source: any ByteSource, format: ObjectFormat = .auto, limits: StreamLimits = StreamLimits(),
  requireEnd: Bool = false, refusesEmptyInput: Bool = false, columns: [String] = ["image"],
  imageKey: String? = nil, image: ImageInput = .refused,
  warn: @escaping (String) -> Void = { _ in }
) throws(Failure) -> any ObjectReader {
  do throws(Failure) {
    let frames = try FrameReader(source, limits: limits, warn: warn)
    let marks = StreamMarks(of: frames)
    if format == .auto, refusesEmptyInput { try frames.refuseEmptyInput() }
    if format != .paths0, try frames.holdTensors() {
      throw Failure(
        .invalidInput, code: "text/binary", "expected records or paths, found a tensor stream")
    }
    return try openObjects(
      LineReader(frames, limits: limits, marks: marks), format: format, requireEnd: requireEnd,
      columns: columns, imageKey: imageKey, image: image)
  } catch {
    throw error.at(source.name)
  }
}

/// Refuses an input here whose beginning is of another kind, before the caller writes anything.
func openObjects(
  _ lines: LineReader, format: ObjectFormat, requireEnd: Bool, columns: [String] = ["image"],
  imageKey: String? = nil, image: ImageInput = .refused
) throws(Failure) -> any ObjectReader {
  var format = format
  if format == .auto, let reader = try lines.imageItself(image) { return reader }
  if ![.paths0, .tar].contains(format) { try lines.refuseForeign() }
  if format == .auto {
    switch try lines.peekVisibleByte() {
    case UInt8(ascii: "["): format = .array
    case UInt8(ascii: "{"), nil: format = .jsonl
    default: format = .paths
    }
  }
  switch format {
  case .array: return JSONArrayReader(lines, limits: lines.limits)
  case .paths, .paths0:
    if format == .paths { try lines.refuseBinary(allowsObjects: false) }
    return TextReader(lines, columns: columns, endsWithNul: format == .paths0)
  case .csv, .tsv:
    let rows: any RowReader = format == .csv ? CSVRowReader(lines) : TabRowReader(lines)
    return try TableReader(lines, rows: rows, imageKey: imageKey)
  case .tar:
    throw Failure(
      .usage, code: "usage/arguments", "expected the path of a tar archive, which is read in place",
      remedy: "write it to a file first, and name that")
  case .jsonl, .auto:
    try lines.refuseBinary(allowsObjects: true)
    return JSONLReader(lines, requireEnd: requireEnd)
  }
}
