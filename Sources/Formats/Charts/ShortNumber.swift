// Numbers without zeros that say nothing.
// SPDX-License-Identifier: Apache-2.0
import Decimals

/// `value` with at most `places` digits after the point: 1.5, 2.
func shortened(_ value: Double, places: Int) -> String {
  let text = fixed(value, places: places)
  guard places > 0 else { return text }
  let digits = text.utf8.reversed().drop { $0 == UInt8(ascii: "0") }
  return String(decoding: digits.drop { $0 == UInt8(ascii: ".") }.reversed(), as: UTF8.self)
}
