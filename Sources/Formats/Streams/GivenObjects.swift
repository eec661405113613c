// Records of images that no list names: those of a tool's arguments, and an image that is the input.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Records

/// What becomes of an input that is no list of records but an image.
public enum ImageInput: Equatable {
  case refused
  /// A record with this path.
  case path(String)
  /// A record that holds the image, whose id is the name of the input.
  case contents
}

/// Objects that are there.
public final class GivenObjects: ObjectReader {
  public let name: String
  private let objects: [JSONObject]
  private var number = 0

  /// `name`: where they are from, for messages.
  public init(_ objects: [JSONObject], name: String) {
    self.objects = objects
    self.name = name
  }

  public func next() -> ObjectLine? {
    guard number < objects.count else { return nil }
    number += 1
    return ObjectLine(
      number: number, input: name, unit: "image", result: .success(objects[number - 1]))
  }
}

extension LineReader {
  /// The image that begins here as the only record; nil where something else begins.
  /// Throws `file/too-large`.
  func imageItself(_ input: ImageInput) throws(Failure) -> GivenObjects? {
    guard input != .refused, let format = ForeignFormat.image(try arrived()) else { return nil }
    if case .path(let path) = input {
      return GivenObjects([["image": .string(path)]], name: name)
    }
    let bytes = try rest(limit: largestImageFile)
    let url = "data:image/\(format.lowercased());base64," + base64(bytes)
    return GivenObjects([["id": .string(name), "image": .string(url)]], name: name)
  }

  /// All bytes to the end. Throws `file/too-large`.
  private func rest(limit: Int) throws(Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let more = try available()
      if more.isEmpty { return bytes }
      guard more.count <= limit - bytes.count else {
        throw Failure(
          .limitExceeded, code: "file/too-large",
          "expected an image of at most \(limit) bytes, found more")
      }
      bytes.append(contentsOf: more)
      use(more.count)
    }
  }
}
