// Finds images under the member that the user names, and those that nobody named.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Records

/// The objects of another reader, with `image` from a member of another name.
public final class ImageKeyReader: ObjectReader {
  public var name: String { reader.name }
  private let reader: any ObjectReader
  private let key: String?
  private let warn: (String) -> Void
  private var hasWarned = false

  /// Where an object has neither `image` nor `images`, `key` says what its image is. `warn` is
  /// called for the first one that still has none although a member looks like a path to one.
  public init(_ reader: any ObjectReader, key: String?, warn: @escaping (String) -> Void) {
    self.reader = reader
    self.key = key
    self.warn = warn
  }

  public func next() throws(Failure) -> ObjectLine? {
    guard var line = try reader.next() else { return nil }
    guard case .success(var object) = line.result, SkipMark(of: object) == nil else { return line }
    if let key, let value = object[key], value != .null,
      [object["image"], object["images"]].allSatisfy({ $0 == nil || $0 == .null })
    {
      object["image"] = value
    }
    line = ObjectLine(
      number: line.number, input: line.input, unit: line.unit, result: .success(object),
      byteCount: line.byteCount)
    if !hasWarned, let found = line.record.unnamedImage { report(found, line.record) }
    return line
  }

  private func report(_ member: String, _ record: Record) {
    hasWarned = true
    let member = escapedForTerminal(member)
    warn(
      "\(record.name): the record has no `image`, but `\(member)` looks like a path to one, which"
        + " nothing reads (use --image-key \(member))")
  }
}
