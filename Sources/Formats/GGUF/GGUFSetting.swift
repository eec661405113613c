// Values of metadata for a GGUF file that will be written.
// SPDX-License-Identifier: Apache-2.0

/// A value as a writer has it; what a reader finds is a `GGUFValue`.
public enum GGUFSetting: Equatable, Sendable {
  case u32(UInt32)
  case f32(Float)
  case flag(Bool)
  case text(String)
  case integers([Int32])
  case floats([Float])
  case texts([String])

  /// A count as u32; sizes of models fit.
  public static func count(_ value: Int) -> GGUFSetting {
    guard let value = UInt32(exactly: value) else { preconditionFailure("\(value) is no u32") }
    return .u32(value)
  }

  /// Its type's number and its bytes.
  var bytes: [UInt8] {
    switch self {
    case .u32(let value): Self.number(GGUFType.u32.rawValue) + Self.number(value)
    case .f32(let value): Self.number(GGUFType.f32.rawValue) + Self.number(value.bitPattern)
    case .flag(let value): Self.number(GGUFType.bool.rawValue) + [value ? 1 : 0]
    case .text(let value): Self.number(GGUFType.text.rawValue) + Self.encoded(value)
    case .integers(let values): Self.array(.i32, values.map(Self.number))
    case .floats(let values): Self.array(.f32, values.map { Self.number($0.bitPattern) })
    case .texts(let values): Self.array(.text, values.map(Self.encoded))
    }
  }

  private static func array(_ type: GGUFType, _ items: [[UInt8]]) -> [UInt8] {
    number(GGUFType.array.rawValue) + number(type.rawValue) + number(UInt64(items.count))
      + items.joined()
  }

  static func number(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  static func encoded(_ text: String) -> [UInt8] {
    number(UInt64(text.utf8.count)) + Array(text.utf8)
  }
}
