// Numbers as Python reads and writes them: the reference parses scores and prints boxes with it.
// SPDX-License-Identifier: Apache-2.0
import Decimals
import Glibc
import JSON

/// What Python's `float(text)` gives, which takes `1_0`, `nan` and digits of any script; nil where it
/// raises.
public func pythonFloat(_ text: String) -> Double? {
  guard let ascii = asciiDigits(text) else { return nil }
  let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0d).contains(byte) }
  guard let first = ascii.firstIndex(where: { !isSpace($0) }),
    let last = ascii.lastIndex(where: { !isSpace($0) }),
    let number = withoutUnderscores(ascii[first...last])
  else { return nil }
  if let special = notFinite(number) { return special }
  guard isDecimal(number) else { return nil }
  // Beyond the range it gives infinity, as Python does.
  return strtod(String(decoding: number, as: UTF8.self), nil)
}

/// A number of a JSON file as Python's `str` writes it after reading: integers as they are, others as
/// floats (`0.720` is `0.72`). Nil beyond the range of a float.
public func pythonText(_ number: JSONNumber) -> String? {
  guard number.text.utf8.contains(where: { ".eE".utf8.contains($0) }) else {
    return number.text == "-0" ? "0" : number.text
  }
  return number.double.map { pythonText($0) }
}

/// White space and decimal digits of other scripts as those of ASCII; nil for any other character.
private func asciiDigits(_ text: String) -> [UInt8]? {
  var bytes: [UInt8] = []
  for scalar in text.unicodeScalars {
    if scalar.value < 127 {
      bytes.append(UInt8(scalar.value))
    } else if scalar.properties.isWhitespace {
      bytes.append(0x20)
    } else if scalar.properties.numericType == .decimal,
      let digit = scalar.properties.numericValue, (0...9).contains(digit)
    {
      bytes.append(0x30 + UInt8(digit))
    } else {
      return nil
    }
  }
  return bytes
}

/// `bytes` without the underscores, each of which must stand between two digits.
private func withoutUnderscores(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
  let underscore = UInt8(ascii: "_")
  let bytes = Array(bytes)
  for (index, byte) in bytes.enumerated() where byte == underscore {
    guard index > 0, index + 1 < bytes.count, isDigit(bytes[index - 1]), isDigit(bytes[index + 1])
    else { return nil }
  }
  return bytes.filter { $0 != underscore }
}

private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

private func notFinite(_ bytes: [UInt8]) -> Double? {
  let isNegative = bytes.first == UInt8(ascii: "-")
  let isSigned = isNegative || bytes.first == UInt8(ascii: "+")
  let name = String(decoding: bytes.dropFirst(isSigned ? 1 : 0), as: UTF8.self).lowercased()
  switch name {
  case "inf", "infinity": return isNegative ? -.infinity : .infinity
  case "nan": return .nan
  default: return nil
  }
}

/// `[+-] digits [. digits] [e [+-] digits]`, with a digit before or after the point.
private func isDecimal(_ bytes: [UInt8]) -> Bool {
  var rest = bytes[...]
  func skipSign() {
    if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
  }
  func skipDigits() -> Int {
    let digits = rest.prefix(while: isDigit).count
    rest.removeFirst(digits)
    return digits
  }
  skipSign()
  var digits = skipDigits()
  if rest.first == UInt8(ascii: ".") {
    rest.removeFirst()
    digits += skipDigits()
  }
  guard digits > 0 else { return false }
  if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
    rest.removeFirst()
    skipSign()
    guard skipDigits() > 0 else { return false }
  }
  return rest.isEmpty
}
