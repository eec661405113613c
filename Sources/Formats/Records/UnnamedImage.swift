// Looks for images that a record names in a member that no tool reads.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

extension Record {
  /// The member of a record without images that looks like a path to one: a text, or a list of
  /// texts, with an image file's ending.
  public var unnamedImage: String? {
    guard (try? imagePaths())?.isEmpty == true else { return nil }
    return object.members.first { key, value in
      !Self.spoken.contains { $0.utf8.elementsEqual(key.utf8) } && Self.looksLikePaths(value)
    }?.key
  }

  /// Members that hold names or what people say.
  private static let spoken = ["id", "question_id", "question", "text", "conversations"]
  private static let endings = [
    "jpg", "jpeg", "png", "ppm", "pgm", "pbm", "pnm", "gif", "webp", "bmp", "tif", "tiff", "heic",
    "heif", "avif",
  ].map { Array(".\($0)".utf8) }

  private static func looksLikePaths(_ value: JSONValue) -> Bool {
    guard let items = value.array else { return looksLikePath(value) }
    return !items.isEmpty && items.allSatisfy(looksLikePath)
  }

  private static func looksLikePath(_ value: JSONValue) -> Bool {
    guard let text = value.string else { return false }
    return DataURL(text) != nil || isImageName(text)
  }

  /// Whether `text` ends as the names of images do.
  public static func isImageName(_ text: String) -> Bool {
    guard text.utf8.count <= longestPath else { return false }
    let bytes = text.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    return !bytes.contains(0x0A)
      && endings.contains { bytes.count > $0.count && bytes.suffix($0.count) == $0[...] }
  }
}
