// Records of images that no list names: of a tool's arguments, and an image that is the input itself.
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

extension ObjectLine {
  /// The record of an image that no list names: `number` of `input`.
  public init(image path: String, number: Int, input: String) {
    self.init(["image": .string(path)], number: number, input: input)
  }

  fileprivate init(_ object: JSONObject, number: Int, input: String) {
    self.init(number: number, input: input, unit: "image", result: .success(object))
  }
}

/// One object.
private final class SingleReader: ObjectReader {
  let name: String
  private var object: JSONObject?

  init(_ object: JSONObject, name: String) { (self.object, self.name) = (object, name) }

  func next() -> ObjectLine? {
    defer { object = nil }
    return object.map { ObjectLine($0, number: 1, input: name) }
  }
}

extension LineReader {
  /// The image that begins here as the only record; nil where something else begins.
  /// Throws `file/too-large`.
  func imageItself(_ input: ImageInput) throws(Failure) -> (any ObjectReader)? {
    guard input != .refused, let format = ForeignFormat.image(try arrived()) else { return nil }
    if case .path(let path) = input {
      return SingleReader(["image": .string(path)], name: name)
    }
    let bytes = try rest(limit: largestImageFile)
    let url = "data:image/\(format.lowercased());base64," + base64(bytes)
    return SingleReader(["id": .string(name), "image": .string(url)], name: name)
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
