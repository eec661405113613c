// A number for a name.
// SPDX-License-Identifier: Apache-2.0

/// 64-bit FNV-1a over the bytes of `name`: a fixed place for random numbers of a record or a
/// parameter. `seed` is mixed into what the hash starts from.
public func nameHash(_ name: String, seed: UInt64 = 0) -> UInt64 {
  name.utf8.reduce(0xcbf2_9ce4_8422_2325 ^ seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}
