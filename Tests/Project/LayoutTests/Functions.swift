// Finds functions and counts their lines.
// SPDX-License-Identifier: Apache-2.0

/// A function's first line, counted from 1, and how many lines it has.
struct FunctionSpan: Equatable {
  let line: Int
  let length: Int
}

extension SourceFile {
  /// The functions that have a body: `func`, `init`, `deinit` and `subscript` in Swift; in C what
  /// starts at the margin and ends with a brace at the margin.
  var functions: [FunctionSpan] { isSwift ? swiftFunctions : cFunctions }

  private var swiftFunctions: [FunctionSpan] {
    let starts = code.matches(
      of: #/\b(?:func\s|init[?<(]|deinit\b|subscript[<(])/#.wordBoundaryKind(.simple))
    let characters = Array(code.utf8)
    return starts.compactMap { match -> FunctionSpan? in
      let start = code.utf8.distance(from: code.startIndex, to: match.range.lowerBound)
      // `.init(` and `self.init(` are calls.
      if start > 0, characters[start - 1] == UInt8(ascii: ".") { return nil }
      guard let open = bodyStart(characters, from: start) else { return nil }
      var depth = 0
      for index in open..<characters.count {
        if characters[index] == UInt8(ascii: "{") { depth += 1 }
        if characters[index] == UInt8(ascii: "}") { depth -= 1 }
        if depth == 0 { return span(characters, start, index) }
      }
      return nil
    }
  }

  /// Where the body of the declaration at `start` opens; nil for a requirement of a protocol.
  private func bodyStart(_ characters: [UInt8], from start: Int) -> Int? {
    var depth = 0
    for index in start..<characters.count {
      switch characters[index] {
      case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: "{") where depth == 0: return index
      case UInt8(ascii: "\n") where depth == 0:
        let rest = characters[(index + 1)...].drop { $0 == UInt8(ascii: " ") }
        let goesOn = ["{", "where ", "->", "throws", "async", ")"].contains {
          rest.starts(with: $0.utf8)
        }
        if !goesOn { return nil }
      case UInt8(ascii: "}") where depth == 0: return nil
      default: break
      }
      if depth < 0 { return nil }
    }
    return nil
  }

  private var cFunctions: [FunctionSpan] {
    let lines = code.split(separator: "\n", omittingEmptySubsequences: false)
    var found: [FunctionSpan] = []
    var start: Int?
    for (index, line) in lines.enumerated() {
      if let first = line.first, first.isLetter || first == "_", line.contains("(") {
        start = line.contains(";") && !line.contains("{") ? nil : index
      }
      if line == "}", let begun = start {
        found.append(FunctionSpan(line: begun + 1, length: index - begun + 1))
        start = nil
      }
    }
    return found
  }

  private func span(_ characters: [UInt8], _ start: Int, _ end: Int) -> FunctionSpan {
    let newline = UInt8(ascii: "\n")
    return FunctionSpan(
      line: characters[..<start].count { $0 == newline } + 1,
      length: characters[start...end].count { $0 == newline } + 1)
  }
}
