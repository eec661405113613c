// A short word as one number, so that lists of words are looked up fast.
// SPDX-License-Identifier: Apache-2.0

/// Up to sixteen bytes of ASCII. Longer words stand in no list.
struct Word: Hashable, Sendable {
  private let bits: UInt128

  /// Nil where `bytes` are none, more than sixteen, or not all ASCII.
  init?(_ bytes: some Collection<UInt8>) {
    guard (1...16).contains(bytes.count) else { return nil }
    var bits: UInt128 = 0
    for byte in bytes {
      guard byte < 0x80 else { return nil }
      bits = bits << 8 | UInt128(byte)
    }
    self.bits = bits
  }
}

extension Word {
  /// The words of `text`, which spaces and line ends part.
  static func list(_ text: String) -> [Word] {
    text.utf8.split { $0 == 0x20 || $0 == 0x0A }.compactMap { Word($0) }
  }

  static func set(_ text: String) -> Set<Word> { Set(list(text)) }
}
