// The images of the files, and what is wrong with some of them.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// Images by their ids; a row for each that is listed or spoken of.
struct ImageTable {
  /// About 40 bytes an image, and its name.
  private struct Row {
    var id: Int
    /// Where the name is among all names; empty where the image is not listed.
    var nameStart = 0
    var nameCount: Int32 = 0
    var width: Int32?
    var height: Int32?
    /// The last file that lists the image; nil where none does.
    var file: UInt8?
  }

  private var rows: [Row] = []
  private var names: [UInt8] = []
  private var places: [Int: Int32] = [:]
  private var failures: [Int32: Failure] = [:]
  /// The rows of listed images as they were listed, and in the end those of all others.
  private(set) var order: [Int32] = []
  /// How many images each file lists.
  private(set) var listed = [0, 0]
  /// How many images both files list.
  private(set) var shared = 0

  var count: Int { rows.count }

  /// Takes the element `image` of a list of images. A fault that can be told of one image is kept
  /// for it; one that cannot, such as a missing id, is thrown: `coco/image-id`.
  mutating func add(_ image: JSONObject, file: UInt8) throws(Failure) {
    let row = Int(try place(of: try identifier(image, "id")))
    let earlier = rows[row].file
    listed[Int(file)] += 1
    if let earlier, earlier != file { shared += 1 }
    if earlier == nil { order.append(Int32(row)) }
    rows[row].file = file
    do throws(Failure) {
      guard earlier != file else { throw Self.fault("the image is listed twice in one file") }
      guard let name = image["file_name"]?.string, !name.isEmpty else {
        throw Self.fault("expected a text as `file_name`, found \(shown(image["file_name"]))")
      }
      let (width, height) = (try size(image, "width"), try size(image, "height"))
      guard earlier != nil else {
        rows[row].nameStart = names.count
        rows[row].nameCount = Int32(clamping: name.utf8.count)
        names += name.utf8
        (rows[row].width, rows[row].height) = (width, height)
        return
      }
      guard name.utf8.elementsEqual(self.name(row).utf8) else {
        throw Self.fault("the files call the image \(shown(self.name(row))) and \(shown(name))")
      }
      rows[row].width = try agreed(rows[row].width, width, "width")
      rows[row].height = try agreed(rows[row].height, height, "height")
    } catch {
      fail(Int32(row), error)
    }
  }

  /// The row of the image `id`, which need not be listed. Throws `coco/too-many`.
  mutating func place(of id: Int) throws(Failure) -> Int32 {
    if let place = places[id] { return place }
    guard rows.count < Int(Int32.max) else { throw tooMany }
    let place = Int32(rows.count)
    rows.append(Row(id: id))
    places[id] = place
    return place
  }

  /// Puts the images that no file lists behind the others; once both files are read.
  mutating func finish() {
    for row in rows.indices where rows[row].file == nil { order.append(Int32(row)) }
  }

  /// Keeps the first failure of an image.
  mutating func fail(_ row: Int32, _ failure: Failure) {
    if failures[row] == nil { failures[row] = failure }
  }

  func id(_ row: Int) -> Int { rows[row].id }
  func isListed(_ row: Int) -> Bool { rows[row].file != nil }
  func failure(_ row: Int) -> Failure? { failures[Int32(row)] }
  func width(_ row: Int) -> Int? { rows[row].width.map(Int.init) }
  func height(_ row: Int) -> Int? { rows[row].height.map(Int.init) }

  func name(_ row: Int) -> String {
    let start = rows[row].nameStart
    return String(decoding: names[start..<start + Int(rows[row].nameCount)], as: UTF8.self)
  }

  private func size(_ image: JSONObject, _ key: String) throws(Failure) -> Int32? {
    guard let value = image[key], value != .null else { return nil }
    guard let size = whole(value), size > 0, size <= Int(Int32.max) else {
      throw Self.fault("expected `\(key)` to be a number of pixels, found \(shown(value))")
    }
    return Int32(size)
  }

  private func agreed(_ first: Int32?, _ second: Int32?, _ key: String) throws(Failure) -> Int32? {
    if let first, let second, first != second {
      throw Self.fault("the files disagree on the image's \(key): \(first) and \(second)")
    }
    return first ?? second
  }

  private static func fault(_ message: String) -> Failure {
    Failure(.invalidInput, code: "coco/image", message)
  }
}

/// The id in the member `key`. Throws `coco/id` where it is none.
func identifier(_ element: JSONObject, _ key: String) throws(Failure) -> Int {
  if let value = element[key], let id = whole(value), id >= 0 { return id }
  throw Failure(
    .invalidInput, code: "coco/id",
    "expected a whole number of 0 or more as `\(key)`, found \(shown(element[key]))")
}

/// A whole number, `640` or `640.0`, that a double holds exactly.
func whole(_ value: JSONValue) -> Int? {
  if let number = value.int { return number }
  guard let number = value.double, number.rounded() == number, number.magnitude < 0x1p53 else {
    return nil
  }
  return Int(number)
}

/// A short form of `value` for a message.
func shown(_ value: JSONValue?) -> String {
  guard let value else { return "nothing" }
  return escapedForTerminal(value.serializedString.prefix(bytes: 60))
}

func shown(_ text: String) -> String { shown(.string(text)) }

var tooMany: Failure {
  Failure(.limitExceeded, code: "coco/too-many", "expected fewer than 2^31 of a kind, found more")
}
