// Temporary.
// SPDX-License-Identifier: Apache-2.0
struct PlacedRandom {
  let seed: UInt64
  func bits(_ a: UInt64, _ b: UInt64, _ c: UInt64) -> UInt64 {
    Self.mix(
      Self.mix(Self.mix(Self.mix(seed &+ 0x9e37_79b9_7f4a_7c15) &+ a) &+ b &* 0x9e37_79b9_7f4a_7c15)
        &+ c &* 0xd1b5_4a32_d192_ed03)
  }
  static func mix(_ v: UInt64) -> UInt64 {
    var v = (v ^ v >> 30) &* 0xbf58_476d_1ce4_e5b9
    v = (v ^ v >> 27) &* 0x94d0_49bb_1331_11eb
    return v ^ v >> 31
  }
  func uniform(_ a: UInt64, _ b: UInt64, _ c: UInt64) -> Double {
    Double(bits(a, b, c) >> 11) * 0x1p-53
  }
}
