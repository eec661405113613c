// Numbers texts in the order in which they are first met.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput

/// Distinct texts, told apart byte by byte, each with a number from 0 by its first appearance.
///
/// The bytes lie in one array and the index has four bytes a slot: a text of ten bytes takes about
/// thirty, where a dictionary of arrays would take a hundred.
public struct TextTable: Sendable {
  private var bytes: [UInt8] = []
  private var ends: [Int] = []
  /// Open addressing, linear steps: a text's number and one, 0 where free. Its count is a power of 2.
  private var slots = [UInt32](repeating: 0, count: 1 << 10)

  public init() {}

  public var count: Int { ends.count }

  /// The text that has the number `number`.
  public subscript(number: Int) -> ArraySlice<UInt8> { bytes[range(number)] }

  /// The number of `text`, which is a new one where `isNew`.
  /// Throws `captions/too-many` beyond 2^32 - 2 texts.
  public mutating func number(of text: [UInt8]) throws(Failure) -> (number: UInt32, isNew: Bool) {
    var slot = slot(of: text)
    while slots[slot] != 0 {
      let number = slots[slot] - 1
      if isText(text, at: range(Int(number))) { return (number, false) }
      slot = (slot + 1) & (slots.count - 1)
    }
    guard let number = UInt32(exactly: count), number < .max - 1 else {
      throw Failure(
        .limitExceeded, code: "captions/too-many",
        "expected at most \(UInt32.max - 1) different texts, found more")
    }
    bytes += text
    ends.append(bytes.count)
    slots[slot] = number + 1
    if count * 2 > slots.count { grow() }
    return (number, true)
  }

  private func range(_ number: Int) -> Range<Int> {
    (number == 0 ? 0 : ends[number - 1])..<ends[number]
  }

  private func isText(_ text: [UInt8], at range: Range<Int>) -> Bool {
    guard range.count == text.count else { return false }
    return bytes.withUnsafeBytes { bytes in
      text.withUnsafeBytes { text in
        guard let own = bytes.baseAddress, let other = text.baseAddress else { return true }
        return memcmp(own + range.lowerBound, other, text.count) == 0
      }
    }
  }

  private func slot(of text: some Sequence<UInt8>) -> Int {
    var hasher = Hasher()
    let isHashed: Void? = text.withContiguousStorageIfAvailable {
      hasher.combine(bytes: UnsafeRawBufferPointer($0))
    }
    if isHashed == nil { for byte in text { hasher.combine(byte) } }
    return hasher.finalize() & (slots.count - 1)
  }

  private mutating func grow() {
    slots = [UInt32](repeating: 0, count: slots.count * 2)
    for number in 0..<count {
      var slot = slot(of: bytes[range(number)])
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(number) + 1
    }
  }
}
