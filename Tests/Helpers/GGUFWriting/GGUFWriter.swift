// A small writer of GGUF files, for tests: honest by default, and able to lie.
// SPDX-License-Identifier: Apache-2.0
import Tensors

/// A value of the metadata as it stands in a file: its type's number and its bytes.
public struct GGUFField: Sendable {
  public var type: UInt32
  public var bytes: [UInt8]

  public init(type: UInt32, bytes: [UInt8]) { (self.type, self.bytes) = (type, bytes) }

  public static func u32(_ value: Int) -> GGUFField {
    GGUFField(type: 4, bytes: number(UInt32(truncatingIfNeeded: value)))
  }
  public static func u16(_ value: Int) -> GGUFField {
    GGUFField(type: 2, bytes: number(UInt16(truncatingIfNeeded: value)))
  }
  public static func f32(_ value: Float) -> GGUFField {
    GGUFField(type: 6, bytes: number(value.bitPattern))
  }
  public static func flag(_ value: Bool) -> GGUFField {
    GGUFField(type: 7, bytes: [value ? 1 : 0])
  }
  public static func text(_ value: String) -> GGUFField {
    GGUFField(type: 8, bytes: encoded(value))
  }
  public static func texts(_ values: [String]) -> GGUFField { array(8, values.map(encoded)) }
  public static func floats(_ values: [Float]) -> GGUFField {
    array(6, values.map { number($0.bitPattern) })
  }
  public static func integers(_ values: [Int32]) -> GGUFField { array(5, values.map(number)) }

  public static func array(_ type: UInt32, _ items: [[UInt8]]) -> GGUFField {
    GGUFField(type: 9, bytes: number(type) + number(UInt64(items.count)) + items.flatMap { $0 })
  }

  public static func number(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  public static func encoded(_ text: String) -> [UInt8] {
    number(UInt64(text.utf8.count)) + Array(text.utf8)
  }
}

/// A tensor with its bytes, or with lies about them.
public struct GGUFEntry: Sendable {
  public var name: String
  /// ggml's number of the format.
  public var kind: UInt32
  /// Row-major; the file lists it the other way round.
  public var shape: [UInt64]
  public var bytes: [UInt8]
  /// Instead of where the bytes are.
  public var offset: UInt64?

  public init(
    _ name: String, kind: UInt32 = 0, shape: [Int], bytes: [UInt8], offset: UInt64? = nil
  ) {
    (self.name, self.kind, self.bytes, self.offset) = (name, kind, bytes, offset)
    self.shape = shape.map { UInt64($0) }
  }
}

/// The file; each member may be changed before `bytes` is taken.
public struct GGUFWriter: Sendable {
  public var version: UInt32 = 3
  public var fields: [(key: String, value: GGUFField)] = []
  public var tensors: [GGUFEntry] = []
  public var alignment = 32
  /// Instead of how many there are.
  public var fieldCount: UInt64?
  public var tensorCount: UInt64?

  public init() {}

  public subscript(key: String) -> GGUFField? {
    get { fields.first { $0.key == key }?.value }
    set {
      let place = fields.firstIndex { $0.key == key }
      if let newValue {
        if let place { fields[place].value = newValue } else { fields.append((key, newValue)) }
      } else if let place {
        fields.remove(at: place)
      }
    }
  }

  public var bytes: [UInt8] {
    var bytes = Array("GGUF".utf8) + GGUFField.number(version)
    bytes += GGUFField.number(tensorCount ?? UInt64(tensors.count))
    bytes += GGUFField.number(fieldCount ?? UInt64(fields.count))
    for (key, value) in fields {
      bytes += GGUFField.encoded(key) + GGUFField.number(value.type) + value.bytes
    }
    var data: [UInt8] = []
    for tensor in tensors {
      data += [UInt8](repeating: 0, count: padding(data.count))
      bytes += GGUFField.encoded(tensor.name) + GGUFField.number(UInt32(tensor.shape.count))
      for size in tensor.shape.reversed() { bytes += GGUFField.number(size) }
      bytes += GGUFField.number(tensor.kind)
      bytes += GGUFField.number(tensor.offset ?? UInt64(data.count))
      data += tensor.bytes
    }
    return bytes + [UInt8](repeating: 0, count: padding(bytes.count)) + data
  }

  private func padding(_ count: Int) -> Int { (alignment - count % alignment) % alignment }
}
