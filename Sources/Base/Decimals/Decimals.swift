// Numbers as Python rounds and prints them: the reference's scripts are written in it.
// SPDX-License-Identifier: Apache-2.0
import Glibc

/// `value` to `places` digits after the point, as Python's `round(value, places)` does: the exact
/// binary value decides, and only a true tie goes to the even digit. Not finite: itself.
///
/// `places`: 0 to 15.
public func rounded(_ value: Double, places: Int) -> Double {
  guard value.isFinite else { return value }
  return Double(fixed(value, places: places)) ?? value
}

/// `value` with exactly `places` digits after the point, as Python's `f"{value:.2f}"` writes it.
///
/// `places`: 0 to 15.
public func fixed(_ value: Double, places: Int) -> String {
  precondition((0...15).contains(places), "expected 0 to 15 places, found \(places)")
  // The largest double has 309 digits before the point.
  var buffer = [CChar](repeating: 0, count: 336)
  let count = withVaList([CInt(places), value]) { vsnprintf(&buffer, buffer.count, "%.*f", $0) }
  return String(decoding: buffer.prefix(Int(count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
}

/// `value` as Python's `str` writes it: the shortest digits that give it back, and a point always
/// (`1.0`, `0.72`, `-0.0`, `1e-05`). Swift's own text is the same for every finite number.
public func pythonText(_ value: Double) -> String { value.description }
