// Turns comments and literals into spaces and keeps every line where it was.
// SPDX-License-Identifier: Apache-2.0

/// `text` with spaces for comments, strings (interpolations too) and, in C, characters.
func blanked(_ text: String, isC: Bool) -> String {
  var blanker = Blanker(bytes: Array(text.utf8), isC: isC)
  blanker.run()
  return String(decoding: blanker.bytes, as: UTF8.self)
}

private struct Blanker {
  var bytes: [UInt8]
  let isC: Bool
  var position = 0

  init(bytes: [UInt8], isC: Bool) {
    self.bytes = bytes
    self.isC = isC
  }

  mutating func run() {
    while position < bytes.count {
      let start = position
      if starts("//") {
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
      } else if starts("/*") {
        skipBlockComment()
      } else if starts("#") || starts("\"") || (isC && starts("'")) {
        guard skipLiteral() else {
          position += 1
          continue
        }
      } else {
        position += 1
        continue
      }
      blank(start..<position)
    }
  }

  private func starts(_ prefix: String, at offset: Int? = nil) -> Bool {
    bytes[(offset ?? position)...].starts(with: prefix.utf8)
  }

  private mutating func blank(_ range: Range<Int>) {
    for index in range where bytes[index] != UInt8(ascii: "\n") {
      bytes[index] = UInt8(ascii: " ")
    }
  }

  /// Swift's block comments nest, C's do not.
  private mutating func skipBlockComment() {
    var depth = 0
    repeat {
      if starts("/*"), !isC || depth == 0 {
        depth += 1
        position += 2
      } else if starts("*/") {
        depth -= 1
        position += 2
      } else {
        position += 1
      }
    } while depth > 0 && position < bytes.count
    position = min(position, bytes.count)
  }

  /// Moves behind a literal; false where `#` opens none.
  private mutating func skipLiteral() -> Bool {
    var hashes = 0
    while !isC, position + hashes < bytes.count, bytes[position + hashes] == UInt8(ascii: "#") {
      hashes += 1
    }
    let open = position + hashes
    guard open < bytes.count, starts("\"", at: open) || (isC && starts("'", at: open)) else {
      return false
    }
    let quote = String(UnicodeScalar(bytes[open]))
    let isLong = !isC && starts("\"\"\"", at: open)
    let marks = String(repeating: "#", count: hashes)
    let close = (isLong ? "\"\"\"" : quote) + marks
    let escape = "\\" + marks
    position = open + (isLong ? 3 : 1)
    while position < bytes.count, !starts(close) {
      if starts(escape + "("), !isC {
        position += escape.utf8.count + 1
        skipInterpolation()
      } else if starts(escape) {
        position += escape.utf8.count + 1
      } else {
        position += 1
      }
    }
    position = min(position + close.utf8.count, bytes.count)
    return true
  }

  private mutating func skipInterpolation() {
    var depth = 1
    while position < bytes.count, depth > 0 {
      if starts("\"") || starts("#\"") {
        _ = skipLiteral()
        continue
      }
      if starts("(") { depth += 1 }
      if starts(")") { depth -= 1 }
      position += 1
    }
  }
}
