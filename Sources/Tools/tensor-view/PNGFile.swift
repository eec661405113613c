// A PNG without compression: pictures here are small, and no library is needed.
// SPDX-License-Identifier: Apache-2.0

/// An 8-bit RGB PNG whose pixel at (x, y) is `color(x, y)`.
func pngFile(width: Int, height: Int, color: (Int, Int) -> Color) -> [UInt8] {
  var raw: [UInt8] = []
  raw.reserveCapacity(height * (1 + width * 3))
  for y in 0..<height {
    raw.append(0)
    for x in 0..<width {
      let color = color(x, y)
      raw += [color.red, color.green, color.blue]
    }
  }
  let header = bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [8, 2, 0, 0, 0]
  return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header)
    + chunk("IDAT", zlibStored(raw)) + chunk("IEND", [])
}

private func bigEndian(_ value: UInt32) -> [UInt8] {
  (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
}

private func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
  let body = Array(type.utf8) + data
  return bigEndian(UInt32(data.count)) + body + bigEndian(crc(body))
}

/// zlib's format (RFC 1950) with stored blocks only.
private func zlibStored(_ bytes: [UInt8]) -> [UInt8] {
  var output: [UInt8] = [0x78, 0x01]
  for start in stride(from: 0, to: bytes.count, by: 65_535) {
    let end = min(bytes.count, start + 65_535)
    let size = UInt16(end - start)
    output.append(end == bytes.count ? 1 : 0)
    for word in [size, ~size] {
      output += [UInt8(truncatingIfNeeded: word), UInt8(truncatingIfNeeded: word >> 8)]
    }
    output += bytes[start..<end]
  }
  var (low, high): (UInt32, UInt32) = (1, 0)
  for byte in bytes {
    low = (low + UInt32(byte)) % 65_521
    high = (high + low) % 65_521
  }
  return output + bigEndian(high << 16 | low)
}

private func crc(_ bytes: [UInt8]) -> UInt32 {
  var sum: UInt32 = .max
  for byte in bytes {
    sum ^= UInt32(byte)
    for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
  }
  return ~sum
}
