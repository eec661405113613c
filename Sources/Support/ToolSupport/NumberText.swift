// Numbers for people to read.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput

/// `number` with `digits` significant digits: `0.12346`, `1.2e-07`, `nan`.
public func readable(_ number: Double, digits: Int32 = 5) -> String {
  var buffer = [CChar](repeating: 0, count: 64)
  let count = withVaList([digits, number]) { vsnprintf(&buffer, buffer.count, "%.*g", $0) }
  return String(
    decoding: buffer.prefix(Int(max(0, count))).map(UInt8.init(bitPattern:)), as: UTF8.self)
}

/// Bytes as people read them: 18 KiB, 3.75 MiB, 113 GiB.
public func memorySize(_ bytes: Int) -> String {
  let (unit, scale) =
    switch bytes {
    case ..<(1 << 20): ("KiB", 0x1p10)
    case ..<(1 << 30): ("MiB", 0x1p20)
    default: ("GiB", 0x1p30)
    }
  let number = Double(bytes) / scale
  // From here on three digits would need an exponent.
  let text = number < 100 ? readable(number, digits: 3) : grouped(Int(number.rounded()))
  return "\(text) \(unit)"
}

/// `value` with two digits after the point.
public func hundredths(_ value: Double) -> String {
  guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
  let count = Int((value * 100).rounded())
  let fraction = abs(count % 100)
  return "\(count < 0 ? "-" : "")\(abs(count) / 100).\(fraction < 10 ? "0" : "")\(fraction)"
}
