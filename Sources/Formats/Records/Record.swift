// A user's record: its id, its images and its skip mark, by the one definition that all tools use.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// A JSON object of the input, the name by which it goes, and where it stands.
public struct Record: Sendable {
  public let id: String
  /// Where it was read, such as `stdin: line 3`; nil where nothing says so.
  public let place: String?
  public var object: JSONObject
  /// False where the id is only the line's number.
  private let isNamed: Bool

  /// `number` is the line or element, from 1: the name of last resort.
  public init(_ object: JSONObject, number: Int, place: String? = nil) {
    let own = Self.id(of: object)
    id = own ?? "line-\(number)"
    isNamed = own != nil
    self.place = place
    self.object = object
  }

  /// A record that travels with its id, as in a tensor stream.
  public init(_ object: JSONObject, id: String, place: String? = nil) {
    self.id = id
    isNamed = true
    self.place = place
    self.object = object
  }

  /// The object's own id, else its first image's path; nil where that is missing, empty, or no path
  /// but the image.
  public static func id(of object: JSONObject) -> String? {
    let id = statedId(of: object) ?? firstImagePath(of: object)
    return id?.isEmpty == false ? id : nil
  }

  /// The object's `id`, else its `question_id`: a text or a number.
  public static func statedId(of object: JSONObject) -> String? {
    ["id", "question_id"].lazy.compactMap { text(object[$0]) }.first
  }

  /// The object with a text as its `id`: its own, else the record's.
  public var identified: JSONObject {
    if object["id"]?.string?.isEmpty == false { return object }
    var object = object
    object["id"] = .string(id)
    return object
  }

  /// Where the record is, for messages: `stdin: line 3 id=a`.
  public var name: String { name(withId: true) }

  fileprivate func name(withId: Bool) -> String {
    let id = withId && (isNamed || place == nil) ? "id=\(id)" : nil
    return [place, id].compactMap(\.self).joined(separator: " ")
  }

  /// The paths in `image` or `images`, each of which is a path or a list of paths; a data: URL may
  /// stand for a path.
  /// Throws `record/image` when they are something else, empty, or both there.
  public static func imagePaths(of object: JSONObject) throws(Failure) -> [String] {
    let named = ["image", "images"].compactMap { object[$0] }.filter { $0 != .null }
    guard let value = named.first else { return [] }
    let paths = (value.array ?? [value]).compactMap(\.string).filter { !$0.isEmpty }
    guard named.count == 1, paths.count == value.array?.count ?? 1 else {
      throw Failure(
        .invalidInput, code: "record/image",
        "expected `image` or `images`, and not both, to be a path or a list of paths, none empty")
    }
    return paths
  }

  /// The path of the first image; nil where there is none, or the record holds the image itself.
  public static func firstImagePath(of object: JSONObject) -> String? {
    (try? imagePaths(of: object))?.first.flatMap { DataURL($0) == nil ? $0 : nil }
  }

  /// All images of this record.
  public func imagePaths() throws(Failure) -> [String] { try Self.imagePaths(of: object) }

  private static func text(_ value: JSONValue?) -> String? {
    if case .number(let number)? = value { number.text } else { value?.string }
  }
}

extension Failure {
  /// The same failure, found at `record`: `stdin: line 3 id=a: photo.jpg: …`. The id is left out
  /// where the failure's own place says it, or is inside the record's line.
  public func at(_ record: Record) -> Failure {
    let own = place.map { Array($0.utf8) }
    let outer = record.place.map { Array($0.utf8) }
    if let own, let outer, own.starts(with: outer + ":".utf8) { return self }
    if own != nil, own == outer {
      var failure = self
      failure.place = record.name
      return failure
    }
    let name = record.name(withId: own != Array(record.id.utf8))
    var failure = self
    failure.place = [name, place ?? ""].filter { !$0.isEmpty }.joined(separator: ": ")
    return failure
  }
}
