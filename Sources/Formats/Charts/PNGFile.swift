// Writing a PNG.
// SPDX-License-Identifier: Apache-2.0
import CZlib

/// An 8-bit RGB PNG whose pixel at (x, y) is `ink(x, y)`.
public func pngFile(width: Int, height: Int, ink: (Int, Int) -> Drawing.Ink) -> [UInt8] {
  var raw: [UInt8] = []
  raw.reserveCapacity(height * (1 + width * 3))
  for y in 0..<height {
    raw.append(0)
    for x in 0..<width {
      let ink = ink(x, y)
      raw += [ink.red, ink.green, ink.blue]
    }
  }
  let header = bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [8, 2, 0, 0, 0]
  return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header)
    + chunk("IDAT", compressed(raw)) + chunk("IEND", [])
}

private func bigEndian(_ value: UInt32) -> [UInt8] {
  (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
}

private func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
  let body = Array(type.utf8) + data
  let sum = crc32(0, body, UInt32(body.count))
  return bigEndian(UInt32(data.count)) + body + bigEndian(UInt32(truncatingIfNeeded: sum))
}

private func compressed(_ bytes: [UInt8]) -> [UInt8] {
  var count = compressBound(UInt(bytes.count))
  var output = [UInt8](repeating: 0, count: Int(count))
  let status = compress(&output, &count, bytes, UInt(bytes.count))
  precondition(status == Z_OK, "zlib found the room too small that it asked for itself")
  return Array(output[..<Int(count)])
}
