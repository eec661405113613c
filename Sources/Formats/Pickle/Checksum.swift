// CRC-32 of the bytes of a record, by zlib.
// SPDX-License-Identifier: Apache-2.0
import CZlib
import InputOutput

/// Bytes after which their pages are given back: a record may have gigabytes.
private let chunk = 64 << 20

/// The CRC-32 (ISO 3309, as zip has it) of `bytes`. Memory does not grow with a mapping's size.
func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
  var result: UInt = 0
  func add(_ part: UnsafeRawBufferPointer) {
    result = crc32_z(result, part.baseAddress?.assumingMemoryBound(to: UInt8.self), part.count)
  }
  if bytes.count > chunk {
    MappedFile.forEachPart(of: bytes, size: chunk, add)
  } else if !bytes.isEmpty {
    add(bytes)
  }
  return UInt32(truncatingIfNeeded: result)
}
