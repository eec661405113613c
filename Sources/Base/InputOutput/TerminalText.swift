// Text from files made safe to show: nothing in it can control a terminal.
// SPDX-License-Identifier: Apache-2.0

/// `text` with control characters, line separators and writing-direction marks spelt as escapes.
public func escapedForTerminal(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: steersTerminal) else { return text }
  var escaped = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\n": escaped += "\\n"
    case "\t": escaped += "\\t"
    case "\r": escaped += "\\r"
    case _ where steersTerminal(scalar):
      escaped += "\\u{\(String(scalar.value, radix: 16))}"
    default: escaped.unicodeScalars.append(scalar)
    }
  }
  return escaped
}

/// `text`, which is JSON in lines, with the same characters spelt as `\u` escapes: of equal meaning,
/// as they can only stand inside strings there.
public func escapedJSONForTerminal(_ text: String) -> String {
  let steers = { (scalar: Unicode.Scalar) in scalar != "\n" && steersTerminal(scalar) }
  guard text.unicodeScalars.contains(where: steers) else { return text }
  var escaped = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    guard steers(scalar) else {
      escaped.append(scalar)
      continue
    }
    let digits = String(scalar.value, radix: 16)
    escaped += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".unicodeScalars
  }
  return String(escaped)
}

/// `text`, whose line breaks are wanted, made safe line by line; further lines are indented, so that
/// none of them passes for a message of its own.
public func escapedLinesForTerminal(_ text: String) -> String {
  let lines = text.split(atByte: UInt8(ascii: "\n")).map(escapedForTerminal)
  return lines.joined(separator: "\n  ")
}

/// `1 record`, `2 records`.
public func counted(_ number: Int, _ noun: String) -> String {
  "\(number) \(noun)\(number == 1 ? "" : "s")"
}

/// `9998` as `9,998`.
public func grouped(_ number: Int) -> String {
  var text = ""
  for (index, digit) in String(number).reversed().enumerated() {
    if index > 0, index % 3 == 0, digit != "-" { text.append(",") }
    text.append(digit)
  }
  return String(text.reversed())
}

/// `word` quoted for a shell, whatever is in it.
public func quotedForShell(_ word: String) -> String {
  "'" + word.split(atByte: UInt8(ascii: "'")).joined(separator: "'\\''") + "'"
}

private func steersTerminal(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0..<0x20, 0x7f..<0xa0: true
  // Marks and overrides of direction; line and paragraph separators.
  case 0x061c, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069: true
  default: false
  }
}
