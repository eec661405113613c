// The images of a record as a request carries them: in the text, as data URLs.
// SPDX-License-Identifier: Apache-2.0
import Archives
import InputOutput
import JSON
import Records

/// Where the images of records lie.
public struct RequestImages {
  private let files: RecordFiles
  private let limit: Int

  /// What servers count an image as, roughly; only estimates use it.
  static let tokens = 1000

  /// `root`: nothing outside it is read; nil takes paths as they are. `limit`: bytes of an image.
  public init(root: FileRoot?, limit: Int) {
    (files, self.limit) = (RecordFiles(root: root), limit)
  }

  /// The parts of a message: `{"type":"image_url","image_url":{"url":"data:image/jpeg;base64,…"}}`.
  ///
  /// Throws `record/image`, what reading a file, also one in an archive, or a data: URL throws,
  /// `image/unsupported`.
  func parts(of record: Record) throws(Failure) -> [JSONValue] {
    var parts: [JSONValue] = []
    for path in try record.imagePaths() {
      let found = DataURL(path)
      let bytes =
        if let found { try found.bytes(limit: limit) } else { try files.read(path, limit: limit) }
      guard let type = Self.mediaType(of: bytes) else {
        throw Failure(
          .invalidInput, code: "image/unsupported", at: found?.standIn(of: bytes) ?? path,
          "expected a JPEG, PNG, GIF or WebP image, found something else")
      }
      let url = "data:\(type);base64," + base64(bytes)
      parts.append(
        .object(["type": .string("image_url"), "image_url": .object(["url": .string(url)])]))
    }
    return parts
  }

  /// By the first bytes: a name may say anything.
  private static func mediaType(of bytes: [UInt8]) -> String? {
    if bytes.starts(with: [0xff, 0xd8, 0xff]) { return "image/jpeg" }
    if bytes.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) { return "image/png" }
    if bytes.starts(with: "GIF8".utf8) { return "image/gif" }
    if bytes.starts(with: "RIFF".utf8), bytes.dropFirst(8).starts(with: "WEBP".utf8) {
      return "image/webp"
    }
    return nil
  }
}
