// A user's record on its way through the tools.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Streams

/// A JSON object and the name by which its record goes.
public struct SourceRecord: Sendable {
  public let id: String
  public var object: JSONObject

  /// `number` is the line or element, from 1: the name of last resort.
  public init(_ object: JSONObject, number: Int) {
    self.object = object
    id = Self.id(of: object) ?? "line-\(number)"
  }

  /// The object's `id`, text or number, else its first image's path; nil where that is empty.
  public static func id(of object: JSONObject) -> String? {
    switch object["id"] {
    case .string(let text)?: return text.isEmpty ? nil : text
    case .number(let number)?: return number.text
    default:
      let path = (try? imagePaths(of: object))?.first
      return path?.isEmpty == false ? path : nil
    }
  }

  /// The paths in `image` (text, or an array of texts) or `images`.
  /// Throws `record/image` when they are something else.
  public static func imagePaths(of object: JSONObject) throws(Failure) -> [String] {
    for key in ["image", "images"] {
      switch object[key] {
      case nil, .null?: continue
      case .string(let path)?: return [path]
      case .array(let items)?:
        let paths = items.compactMap(\.string)
        if paths.count == items.count { return paths }
        fallthrough
      default:
        throw Failure(
          .invalidInput, code: "record/image", "`\(key)` must be a path or an array of paths")
      }
    }
    return []
  }

  /// The code and message of a record that an earlier tool skipped.
  public static func skip(in object: JSONObject) -> (code: String, message: String)? {
    guard let skipped = object["skipped"]?.object else { return nil }
    return (
      skipped["code"]?.string ?? "record/skipped", skipped["message"]?.string ?? "no reason given"
    )
  }
}
