// A strict parser of RFC 8259: what it refuses, other parsers read in different ways.
// SPDX-License-Identifier: Apache-2.0

extension JSONValue {
  /// Parses one document with nothing but white space around it.
  ///
  /// Refused: duplicate keys (compared after unescaping), a byte order mark, invalid UTF-8, lone
  /// surrogates, trailing commas, comments, NaN, nesting deeper than `depthLimit`, more values than
  /// `valueLimit` (it bounds the memory, which may be ten times the text's).
  public init(
    parsing bytes: UnsafeRawBufferPointer, depthLimit: Int = 64, valueLimit: Int = .max
  ) throws(JSONError) {
    var parser = JSONParser(bytes: bytes, depthLimit: depthLimit, valueLimit: valueLimit)
    self = try parser.document()
  }

  /// Parses one document; see the initialiser for a buffer.
  public init(parsing bytes: [UInt8], depthLimit: Int = 64, valueLimit: Int = .max)
    throws(JSONError)
  {
    self = try bytes.withUnsafeBufferPointer { (bytes) throws(JSONError) in
      try JSONValue(
        parsing: UnsafeRawBufferPointer(bytes), depthLimit: depthLimit, valueLimit: valueLimit)
    }
  }
}

/// One pass over the bytes; `position` is the next one to look at.
struct JSONParser {
  let bytes: UnsafeRawBufferPointer
  let depthLimit: Int
  var valuesLeft: Int
  var position = 0
  /// The keys of the members that the next value is in, outermost first.
  private var keys: [String] = []

  init(bytes: UnsafeRawBufferPointer, depthLimit: Int, valueLimit: Int) {
    self.bytes = bytes
    self.depthLimit = depthLimit
    valuesLeft = valueLimit
  }

  mutating func document() throws(JSONError) -> JSONValue {
    if next == 0xef, bytes.starts(with: [0xef, 0xbb, 0xbf]) {
      throw fault("a byte order mark is not allowed")
    }
    skipSpace()
    let value = try value(depth: 0)
    skipSpace()
    guard position == bytes.count else { throw fault("expected the end after the value") }
    return value
  }

  func fault(_ message: String, at offset: Int? = nil) -> JSONError {
    JSONError(offset: offset ?? position, message: message)
  }

  /// The next byte, or nil at the end.
  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func skipSpace() {
    while position < bytes.count, bytes[position].isJSONSpace { position += 1 }
  }

  /// Consumes `byte` if it is next.
  mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    guard let byte = next else { throw fault("expected a value, found the end") }
    guard valuesLeft > 0 else { throw fault("more values than the limit") }
    valuesLeft -= 1
    if byte == UInt8(ascii: "N") || byte == UInt8(ascii: "I") || byte == UInt8(ascii: "-") {
      try refuseNonFinite()
    }
    switch byte {
    case UInt8(ascii: "{"): return .object(try object(depth: depth))
    case UInt8(ascii: "["): return .array(try array(depth: depth))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
    default: throw fault("expected a value")
    }
  }

  /// Refuses what Python writes for numbers that JSON lacks, and names the keys that lead to it.
  private func refuseNonFinite() throws(JSONError) {
    let names = ["NaN", "Infinity", "-Infinity"]
    guard let name = names.first(where: { bytes[position...].starts(with: $0.utf8) }) else {
      return
    }
    let member = keys.isEmpty ? "" : "\(keys.joined(separator: ".")): "
    throw fault("\(member)expected a number, found \(name), which JSON does not have")
  }

  private mutating func literal(_ text: StaticString, _ value: JSONValue) throws(JSONError)
    -> JSONValue
  {
    let spelling = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard bytes[position...].starts(with: spelling) else { throw fault("expected a value") }
    position += spelling.count
    return value
  }

  private mutating func enter(_ depth: Int) throws(JSONError) {
    guard depth < depthLimit else { throw fault("nested deeper than \(depthLimit)") }
    position += 1
    skipSpace()
  }

  private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
    try enter(depth)
    var items: [JSONValue] = []
    if take(UInt8(ascii: "]")) { return items }
    while true {
      items.append(try value(depth: depth + 1))
      skipSpace()
      if take(UInt8(ascii: "]")) { return items }
      guard take(UInt8(ascii: ",")) else { throw fault("expected , or ] in an array") }
      skipSpace()
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
    try enter(depth)
    var object = JSONObject()
    if take(UInt8(ascii: "}")) { return object }
    while true {
      let start = position
      guard next == UInt8(ascii: "\"") else { throw fault("expected a key in quotes") }
      let key = try string()
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw fault("expected : after a key") }
      skipSpace()
      keys.append(key)
      let value = try value(depth: depth + 1)
      keys.removeLast()
      guard object.appendUnique(key, value) else {
        throw fault("the same key twice in one object", at: start)
      }
      skipSpace()
      if take(UInt8(ascii: "}")) { return object }
      guard take(UInt8(ascii: ",")) else { throw fault("expected , or } in an object") }
      skipSpace()
    }
  }

  private mutating func number() throws(JSONError) -> JSONNumber {
    let start = position
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { try digits() }
    if take(UInt8(ascii: ".")) { try digits() }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try digits()
    }
    return JSONNumber(validated: String(decoding: bytes[start..<position], as: UTF8.self))
  }

  private mutating func digits() throws(JSONError) {
    let start = position
    while let byte = next, byte >= 0x30, byte <= 0x39 { position += 1 }
    guard position > start else { throw fault("expected a digit") }
  }
}
