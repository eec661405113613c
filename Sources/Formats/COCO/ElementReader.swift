// The elements of COCO's large lists, one by one, with only the wanted members.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// Reads one object whose members are lists of objects, in any order.
struct ElementReader {
  private let cursor: JSONCursor
  private let limit: Int

  /// `limit`: the most bytes of what is kept of an element.
  init(_ source: any ByteSource, limit: Int) {
    cursor = JSONCursor(source)
    self.limit = limit
  }

  /// Calls `visit` for every element of the lists that `wanted` names, in the file's order, with the
  /// members that it names for that list and no others; returns the names of the lists that are there.
  ///
  /// Throws `coco/syntax`, `coco/element` and `json/too-long`, all with the list and the element,
  /// and what `visit` throws, found there.
  func read(
    _ wanted: [String: [String]],
    _ visit: (_ list: String, _ element: JSONObject) throws(Failure) -> Void
  ) throws(Failure) -> Set<String> {
    var seen: Set<String> = []
    do throws(Failure) {
      guard try cursor.take("{") else {
        throw Failure(
          .invalidInput, code: "coco/syntax",
          "expected COCO's annotations, one object with lists: \(try cursor.fault("{").message)",
          remedy: "records go without --captions and --boxes")
      }
      var isFirst = true
      while try !cursor.take("}") {
        if !isFirst { try cursor.expect(",", "after a list") }
        isFirst = false
        let key = try key()
        try cursor.expect(":", "after a name")
        guard let members = wanted[key] else {
          try cursor.passValue()
          continue
        }
        guard seen.insert(key).inserted else { throw twice(key) }
        try readList(key, members, visit)
      }
      guard try cursor.visibleByte() == nil else { throw try cursor.fault("expected the end") }
    } catch {
      throw error.at(cursor.name)
    }
    return seen
  }

  private func twice(_ key: String) -> Failure {
    Failure(.invalidInput, code: "coco/syntax", "expected one list `\(key)`, found a second")
  }

  private func readList(
    _ list: String, _ members: [String],
    _ visit: (_ list: String, _ element: JSONObject) throws(Failure) -> Void
  ) throws(Failure) {
    var number = 1
    do throws(Failure) {
      try cursor.expect("[", "for a list")
      if try cursor.take("]") { return }
      while true {
        if number & 0xFFF == 0 { try Interruption.check(cursor.name) }
        try visit(list, try element(members))
        if try cursor.take("]") { return }
        try cursor.expect(",", "or ] after an element")
        number += 1
      }
    } catch {
      throw error.at("\(cursor.name): \(list), element \(number)")
    }
  }

  /// The next element with the members `wanted`. What is passed over is not parsed.
  private func element(_ wanted: [String]) throws(Failure) -> JSONObject {
    try cursor.expect("{", "for an element")
    var text: [UInt8] = [UInt8(ascii: "{")]
    var isFirst = true
    while try !cursor.take("}") {
      if !isFirst { try cursor.expect(",", "or } in an element") }
      isFirst = false
      let key = try key()
      try cursor.expect(":", "after a name")
      guard wanted.contains(where: { $0.utf8.elementsEqual(key.utf8) }) else {
        try cursor.passValue()
        continue
      }
      if text.count > 1 { text.append(UInt8(ascii: ",")) }
      text += "\"\(key)\":".utf8
      try cursor.takeValue(into: &text, limit: limit)
    }
    text.append(UInt8(ascii: "}"))
    guard let object = try parsed(text).object else { return JSONObject() }
    return object
  }

  private func key() throws(Failure) -> String {
    guard try cursor.visibleByte() == UInt8(ascii: "\"") else {
      throw try cursor.fault("expected a name in quotes")
    }
    var text: [UInt8] = []
    try cursor.takeValue(into: &text, limit: min(limit, 4096))
    // Nearly all: nothing to unescape, and ASCII.
    let isPlain = text.allSatisfy { $0 != UInt8(ascii: "\\") && (0x20..<0x7F).contains($0) }
    if isPlain { return String(decoding: text.dropFirst().dropLast(), as: UTF8.self) }
    return try parsed(text).string ?? ""
  }

  private func parsed(_ text: [UInt8]) throws(Failure) -> JSONValue {
    do { return try JSONValue(parsing: text) } catch {
      throw Failure(
        .invalidInput, code: error.isNoText ? "text/utf8" : "coco/syntax", error.message)
    }
  }
}
