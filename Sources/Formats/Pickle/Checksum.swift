// CRC-32 of the bytes of a record, by zlib.
// SPDX-License-Identifier: Apache-2.0
import CZlib

/// The CRC-32 (ISO 3309, as zip has it) of `bytes`.
func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
  let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
  guard let start, !bytes.isEmpty else { return 0 }
  return UInt32(truncatingIfNeeded: crc32_z(0, start, bytes.count))
}
