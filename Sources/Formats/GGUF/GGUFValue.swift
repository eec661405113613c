// The values of a GGUF file's metadata: where they lie, and what they are when somebody asks.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// The types that values of metadata have, by the format's numbers (reference: ggml's docs/gguf.md).
public enum GGUFType: UInt32, Sendable {
  case u8 = 0
  case i8, u16, i16, u32, i32, f32, bool, text, array, u64, i64, f64

  /// Bytes of a value; nil for those that say it themselves.
  var byteWidth: Int? {
    switch self {
    case .u8, .i8, .bool: 1
    case .u16, .i16: 2
    case .u32, .i32, .f32: 4
    case .u64, .i64, .f64: 8
    case .text, .array: nil
    }
  }

  public var name: String { "\(self)" }
}

/// A value whose bytes were measured and stay in the mapping: a vocabulary of 32,000 pieces is no
/// 32,000 objects until it is read.
public struct GGUFValue: Sendable {
  /// Of the value, or of an array's elements.
  public let type: GGUFType
  public let isArray: Bool
  /// Elements; 1 for a value that is no array.
  public let count: Int
  /// Where the value, or an array's first element, lies.
  let range: Range<Int>
  private let file: MappedFile

  /// Steps over the value at the reader's place. Throws codes `gguf/…` where its bytes are not there,
  /// for an array in an array, and for a flag that is neither 0 nor 1.
  init(_ reader: inout GGUFReader, in file: MappedFile) throws(Failure) {
    var type = try Self.type(&reader)
    var count = 1
    isArray = type == .array
    if isArray {
      let place = reader.position
      type = try Self.type(&reader)
      guard type != .array else {
        throw GGUFReader.fault("nesting", at: place, "expected no array inside of an array")
      }
      count = try reader.size("an array's length")
    }
    let start = reader.position
    if let width = type.byteWidth {
      guard let byteCount = checkedProduct(width, count) else {
        throw GGUFReader.fault("size", at: start, "an array of \(count) elements cannot be")
      }
      let place = try reader.take(byteCount)
      if type == .bool {
        guard reader.bytes[place].allSatisfy({ $0 <= 1 }) else {
          throw GGUFReader.fault("value", at: start, "expected 0 or 1 for false or true")
        }
      }
    } else {
      // Each takes 8 bytes at least, so that a length that lies meets the end.
      guard count <= reader.left / 8 else {
        throw GGUFReader.fault(
          "size", at: start, "\(count) texts take more than the \(reader.left) bytes that are left")
      }
      for _ in 0..<count { _ = try reader.textRange() }
    }
    (self.type, self.count, self.file) = (type, count, file)
    range = start..<reader.position
  }

  private static func type(_ reader: inout GGUFReader) throws(Failure) -> GGUFType {
    let place = reader.position
    let number = try reader.next(UInt32.self)
    guard let type = GGUFType(rawValue: number) else {
      throw GGUFReader.fault("type", at: place, "expected a type from 0 to 12, found \(number)")
    }
    return type
  }
}

extension GGUFValue {
  /// The integers of an array, or one; nil for other types and for what no `Int` holds.
  public var integers: [Int]? {
    switch type {
    case .u8: load(UInt8.self)
    case .i8: load(Int8.self)
    case .u16: load(UInt16.self)
    case .i16: load(Int16.self)
    case .u32: load(UInt32.self)
    case .i32: load(Int32.self)
    case .u64: load(UInt64.self)
    case .i64: load(Int64.self)
    case .f32, .f64, .bool, .text, .array: nil
    }
  }

  /// The numbers of an array, or one, whatever their type; nil for flags and texts.
  public var numbers: [Double]? {
    switch type {
    case .f32: load(UInt32.self) { Double(Float(bitPattern: $0)) }
    case .f64: load(UInt64.self) { Double(bitPattern: $0) }
    default: integers?.map(Double.init)
    }
  }

  /// The 32-bit numbers of an array.
  public var floats: [Float]? {
    type == .f32 ? load(UInt32.self) { Float(bitPattern: $0) } : nil
  }

  /// A single integer.
  public var integer: Int? { isArray ? nil : integers?.first }

  /// A single flag.
  public var flag: Bool? {
    type == .bool && !isArray ? file.bytes[range.lowerBound] == 1 : nil
  }

  /// A single text; nil where it is none, or no UTF-8.
  public var text: String? {
    guard type == .text, !isArray else { return nil }
    return texts?.first
  }

  /// The texts of an array, or one; nil where they are none, or one is no UTF-8.
  public var texts: [String]? {
    guard type == .text else { return nil }
    var reader = GGUFReader(file.bytes, at: range.lowerBound)
    var texts: [String] = []
    texts.reserveCapacity(count)
    for _ in 0..<count {
      guard let place = try? reader.textRange(),
        let text = String(validating: file.bytes[place], as: UTF8.self)
      else { return nil }
      texts.append(text)
    }
    return texts
  }

  private func load<T: FixedWidthInteger>(_ type: T.Type) -> [Int]? {
    var all: [Int] = []
    for number in load(type, { $0 }) {
      guard let integer = Int(exactly: number) else { return nil }
      all.append(integer)
    }
    return all
  }

  private func load<T: FixedWidthInteger, Result>(_ type: T.Type, _ convert: (T) -> Result)
    -> [Result]
  {
    let width = MemoryLayout<T>.size
    return (0..<count).map { index in
      let offset = range.lowerBound + index * width
      return convert(T(littleEndian: file.bytes.loadUnaligned(fromByteOffset: offset, as: T.self)))
    }
  }
}
