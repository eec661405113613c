// A hash table from bytes to ids that is searched in place, without making a string of the key.
// SPDX-License-Identifier: Apache-2.0

/// Ids by the bytes of their pieces, with open addressing.
struct PieceTable: Sendable {
  /// All keys, one after the other.
  private var bytes: [UInt8] = []
  /// Where each entry's key begins in `bytes`; one more at the end.
  private var starts: [Int] = [0]
  private var ids: [Int32] = []
  /// Entry numbers, -1 where free; a power of two of them, at most half taken.
  private var slots: [Int32]

  /// A table for at most `capacity` keys.
  init(capacity: Int) {
    var size = 16
    while size < capacity * 2 { size *= 2 }
    slots = Array(repeating: -1, count: size)
  }

  /// Adds `key`; false when it was there.
  mutating func insert(_ key: [UInt8], id: Int32) -> Bool {
    precondition(ids.count < slots.count / 2, "the table was made for fewer keys")
    let slot = position(of: key[...])
    guard slots[slot] < 0 else { return false }
    slots[slot] = Int32(ids.count)
    bytes.append(contentsOf: key)
    starts.append(bytes.count)
    ids.append(id)
    return true
  }

  /// The id of `key`, or nil.
  func id(of key: ArraySlice<UInt8>) -> Int32? {
    let entry = slots[position(of: key)]
    return entry < 0 ? nil : ids[Int(entry)]
  }

  /// The slot that holds `key`, or the free one where it belongs.
  private func position(of key: ArraySlice<UInt8>) -> Int {
    // FNV-1a, with the high half folded in: the low bits alone are weak for short keys.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in key { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    var slot = Int((hash ^ hash >> 32) & UInt64(slots.count - 1))
    while slots[slot] >= 0, !matches(Int(slots[slot]), key) {
      slot = (slot + 1) & (slots.count - 1)
    }
    return slot
  }

  private func matches(_ entry: Int, _ key: ArraySlice<UInt8>) -> Bool {
    let start = starts[entry]
    guard starts[entry + 1] - start == key.count else { return false }
    return bytes[start..<start + key.count].elementsEqual(key)
  }
}
