// Reads the wire format of Protocol Buffers: the part that SentencePiece's model files use.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// A walk over the fields of one message. Every length is checked against the bytes that are left.
struct WireReader {
  /// One field as it stands on the wire.
  enum Value {
    case integer(UInt64)
    case fixed64(UInt64)
    case bytes(ArraySlice<UInt8>)
    case fixed32(UInt32)
  }

  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// The next field, or nil at the end. Groups, which no SentencePiece model holds, are refused.
  mutating func next() throws(Failure) -> (field: UInt64, value: Value)? {
    if rest.isEmpty { return nil }
    let key = try integer()
    switch key & 7 {
    case 0: return (key >> 3, .integer(try integer()))
    case 1: return (key >> 3, .fixed64(try fixed(8)))
    case 2: return (key >> 3, .bytes(try bytes(integer())))
    case 5: return (key >> 3, .fixed32(UInt32(truncatingIfNeeded: try fixed(4))))
    default: throw fault("a field of type \(key & 7), which is not in use")
    }
  }

  private mutating func integer() throws(Failure) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while let byte = rest.popFirst() {
      guard shift < 63 || byte <= 1 else { throw fault("an integer longer than 64 bits") }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw fault("the end inside an integer")
  }

  private mutating func fixed(_ size: Int) throws(Failure) -> UInt64 {
    try bytes(UInt64(size)).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private mutating func bytes(_ count: UInt64) throws(Failure) -> ArraySlice<UInt8> {
    guard count <= UInt64(rest.count) else {
      throw fault("\(count) bytes announced and \(rest.count) left")
    }
    defer { rest = rest.dropFirst(Int(count)) }
    return rest.prefix(Int(count))
  }

  private func fault(_ found: String) -> Failure {
    Failure(
      .invalidInput, code: "tokenizer/corrupt", at: "byte \(rest.startIndex)",
      "expected a SentencePiece model, found \(found)")
  }
}

extension WireReader.Value {
  /// True for any integer but 0.
  var flag: Bool? { if case .integer(let value) = self { value != 0 } else { nil } }

  /// A 32-bit integer, negative ones included, which the wire writes in 64 bits.
  var int32: Int32? {
    if case .integer(let value) = self { Int32(exactly: Int64(bitPattern: value)) } else { nil }
  }

  var float: Float? { if case .fixed32(let bits) = self { Float(bitPattern: bits) } else { nil } }

  var message: ArraySlice<UInt8>? { if case .bytes(let bytes) = self { bytes } else { nil } }

  /// UTF-8 text.
  var text: String? { message.flatMap { String(validating: $0, as: UTF8.self) } }
}
