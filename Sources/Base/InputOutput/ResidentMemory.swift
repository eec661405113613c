// The resident memory of this process.
// SPDX-License-Identifier: Apache-2.0

/// Resident bytes of this process, except the files that `MappedFile` maps; nil if the
/// kernel does not say.
public func residentMemory() -> Int? {
  guard let bytes = try? readWholeFile("/proc/self/smaps", limit: 64 << 20) else { return nil }
  var (sum, isCounted) = (0, true)
  for line in String(decoding: bytes, as: UTF8.self).split(atByte: UInt8(ascii: "\n")) {
    if line.hasPrefix("Rss:") {
      let kilobytes = line.split(separator: " ").dropFirst().first.flatMap { Int($0) }
      if isCounted { sum += 1024 * (kilobytes ?? 0) }
    } else if let end = line.utf8.prefix(17).firstIndex(of: UInt8(ascii: "-")),
      let start = UInt(line[..<end], radix: 16)
    {
      isCounted = !MappedFile.isMapped(at: start)
    }
  }
  return sum > 0 ? sum : nil
}
