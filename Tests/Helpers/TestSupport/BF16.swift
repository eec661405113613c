// The bits of bf16 numbers.
// SPDX-License-Identifier: Apache-2.0

extension Float {
  /// The bits of the nearest bf16, ties to even.
  public var bf16: UInt16 {
    let bits = bitPattern
    if isNaN { return UInt16(truncatingIfNeeded: bits >> 16) | 0x40 }
    return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16)
  }
}
