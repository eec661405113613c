// The table that tells how a checkpoint's tensors differ from those its configuration calls for.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// Collects differences. Equal ones of several layers become one line: `language.layers.0-31.…`.
struct MismatchTable {
  private struct Row: Hashable {
    /// The name with `{}` for the layer's number.
    var pattern: String
    var expected: String
    var found: String
  }

  /// What the first column names.
  private let subject: String
  private var order: [Row] = []
  private var layers: [Row: [Int]] = [:]

  init(of subject: String = "tensor") { self.subject = subject }

  var isEmpty: Bool { order.isEmpty }

  mutating func add(_ name: String, expected: String, found: String) {
    let (pattern, layer) = Self.split(name)
    let row = Row(pattern: pattern, expected: expected, found: found)
    if layers[row] == nil { order.append(row) }
    layers[row, default: []] += layer.map { [$0] } ?? []
  }

  /// More lines than this say nothing more.
  static let lineLimit = 100

  /// A heading and one line a difference, in columns.
  var lines: [String] {
    let rows = order.prefix(Self.lineLimit).map { row in
      let ranges = Self.ranges(layers[row, default: []])
      let name = row.pattern.replacingFirst("{}", with: ranges)
      return (escapedForTerminal(name), row.expected, row.found)
    }
    let all = [(subject, "expected", "found")] + rows
    let nameWidth = all.map(\.0.count).max() ?? 0
    let expectedWidth = all.map(\.1.count).max() ?? 0
    var lines = all.map {
      "  \($0.padded(to: nameWidth))  \($1.padded(to: expectedWidth))  \($2)"
    }
    if order.count > Self.lineLimit {
      lines.append("  and \(order.count - Self.lineLimit) more")
    }
    return lines
  }

  /// `vision.layers.3.mlp.fc1.bias` gives `vision.layers.{}.mlp.fc1.bias` and 3.
  private static func split(_ name: String) -> (pattern: String, layer: Int?) {
    var words = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard words.count > 2, words[1] == "layers", let layer = Int(words[2]) else {
      return (name, nil)
    }
    words[2] = "{}"
    return (words.joined(separator: "."), layer)
  }

  /// `[0, 1, 2, 5]` gives `0-2,5`.
  private static func ranges(_ numbers: [Int]) -> String {
    var ranges: [ClosedRange<Int>] = []
    for number in numbers.sorted() {
      if let last = ranges.last, last.upperBound < .max, last.upperBound + 1 == number {
        ranges[ranges.count - 1] = last.lowerBound...number
      } else {
        ranges.append(number...number)
      }
    }
    return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      .joined(separator: ",")
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }

  fileprivate func replacingFirst(_ mark: String, with text: String) -> String {
    guard let start = range(ofFirst: mark) else { return self }
    return self[..<start.lowerBound] + text + self[start.upperBound...]
  }

  private func range(ofFirst mark: String) -> Range<Index>? {
    firstRange(of: mark)
  }
}
