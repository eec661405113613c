// Numbers in the formats that GGUF files have them in.
// SPDX-License-Identifier: Apache-2.0
import Tensors

/// A format that tests write; its raw value is ggml's number of it.
public enum GGUFKind: UInt32, Sendable, CaseIterable {
  case f32 = 0
  case f16 = 1
  case q40 = 2
  case q80 = 8
  case bf16 = 30

  /// The bytes of `values`, whole blocks.
  public func bytes(_ values: [Float]) -> [UInt8] {
    switch self {
    case .f32: values.flatMap { GGUFField.number($0.bitPattern) }
    case .f16: values.flatMap { GGUFField.number(Float16($0).bitPattern) }
    case .bf16: values.flatMap { GGUFField.number(Self.nearest($0)) }
    case .q80: Self.blocks(values, Self.eightBits)
    case .q40: Self.blocks(values, Self.fourBits)
    }
  }

  /// Whether rows of `width` elements are whole blocks.
  public func fits(_ width: Int) -> Bool {
    self == .q80 || self == .q40 ? width % 32 == 0 : true
  }

  private static func nearest(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16)
  }

  private static func blocks(_ values: [Float], _ encode: ([Float]) -> [UInt8]) -> [UInt8] {
    precondition(values.count % 32 == 0, "\(values.count) elements are no whole blocks")
    return stride(from: 0, to: values.count, by: 32).flatMap { encode(Array(values[$0..<$0 + 32])) }
  }

  private static func eightBits(_ block: [Float]) -> [UInt8] {
    let scale = Float16((block.map(abs).max() ?? 0) / 127)
    let inverse = scale == 0 ? 0 : 1 / Float(scale)
    return GGUFField.number(scale.bitPattern)
      + block.map { UInt8(bitPattern: Int8(max(-128, min(127, ($0 * inverse).rounded())))) }
  }

  private static func fourBits(_ block: [Float]) -> [UInt8] {
    let largest = block.max { abs($0) < abs($1) } ?? 0
    let scale = Float16(largest / -8)
    let inverse = scale == 0 ? 0 : 1 / Float(scale)
    let numbers = block.map { UInt8(max(0, min(15, ($0 * inverse + 8).rounded()))) }
    return GGUFField.number(scale.bitPattern) + (0..<16).map { numbers[$0] | numbers[$0 + 16] << 4 }
  }
}
