// Numbers as people read them.
// SPDX-License-Identifier: Apache-2.0
import Glibc

/// `number` with `digits` significant digits: `0.12346`, `1.2e-07`, `nan`.
public func readable(_ number: Double, digits: Int32 = 5) -> String {
  var buffer = [CChar](repeating: 0, count: 64)
  let count = withVaList([digits, number]) { vsnprintf(&buffer, buffer.count, "%.*g", $0) }
  return String(
    decoding: buffer.prefix(Int(max(0, count))).map(UInt8.init(bitPattern:)), as: UTF8.self)
}
