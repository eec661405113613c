// The checksum of TensorFlow's record files.
// SPDX-License-Identifier: Apache-2.0

/// CRC-32C, the Castagnoli polynomial in reversed bits, as RFC 3720 has it in its appendix B.4.
enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1 == 0 ? 0 : 0x82F6_3B78) }
  }

  static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(~0) { sum, byte in
      sum >> 8 ^ table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)]
    }
  }

  /// Rotated and shifted, so that a sum over bytes that hold sums is none that they hold:
  /// `tensorflow/tsl/lib/hash/crc32c.h`, `Mask`.
  static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let sum = checksum(bytes)
    return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
  }
}
