// The progress line: records or bytes done, speed, remaining time.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput

/// Makes the text of the progress line, at most ten times a second.
struct Progress {
  private let tool: String
  private let start = ContinuousClock.now
  private var last: ContinuousClock.Instant?
  var isShown = false

  init(tool: String) { self.tool = tool }

  /// The line, or nil when the last one is still fresh.
  mutating func text(
    done: Int, total: Int?, inBytes: Bool = false, stage: String? = nil,
    columns: @autoclosure () -> Int
  ) -> String? {
    guard isDue() else { return nil }
    let seconds = max(0.001, (ContinuousClock.now - start) / .seconds(1))
    return Self.text(
      tool: tool, done: done, total: total, seconds: seconds, inBytes: inBytes, stage: stage,
      columns: columns())
  }

  /// As much of `text` as fits into a line of so many columns: one that wraps cannot be removed.
  static func fitting(_ text: String, columns: Int) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.prefix(max(0, columns - 1))))
  }

  /// Whether the last line is no longer fresh; the caller then shows one.
  mutating func isDue() -> Bool {
    if let last, ContinuousClock.now - last < .milliseconds(100) { return false }
    show()
    return true
  }

  /// A line is shown now.
  mutating func show() {
    last = ContinuousClock.now
    isShown = true
  }

  /// The whole line, or without what matters least where it would be wider than `columns`.
  static func text(
    tool: String, done: Int, total: Int?, seconds: Double, inBytes: Bool = false,
    stage: String? = nil, columns: Int = 80
  ) -> String {
    let shown: (Int) -> String = { inBytes ? Self.megabytes($0) : grouped($0) }
    let rate = Double(done) / seconds
    var count = "\(grouped(done)) record\(done == 1 ? "" : "s")"
    var parts = Parts(tool: tool, stage: stage)
    if let total, total > 0 {
      count = "\(shown(done))/\(shown(total))"
      let filled = min(20, done * 20 / total)
      parts.bar =
        "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: 20 - filled)
        + "] "
      if done > 0, total > done {
        parts.left = "ETA \(clock(Int(min(359_999, Double(total - done) / rate))))"
      }
    }
    parts.count = count + (inBytes ? " MB" : "")
    parts.rate =
      inBytes
      ? "\(megabytes(Int(rate))) MB/s" : rate >= 100 ? "\(Int(rate))/s" : "\(tenths(rate))/s"
    return parts.fitting(columns: columns)
  }

  /// What the line is made of.
  private struct Parts {
    var tool: String
    var bar = ""
    var count = ""
    var rate: String?
    var left: String?
    var stage: String?

    var line: String {
      let start = tool.isEmpty ? "" : tool + "  "
      return start + ([bar + count, rate, left, stage].compactMap(\.self)).joined(separator: "  ")
    }

    /// The bar says what the count says, so that it goes first.
    mutating func fitting(columns: Int) -> String {
      let dropping: [(inout Parts) -> Void] = [
        { $0.bar = "" }, { $0.stage = nil }, { $0.rate = nil }, { $0.tool = "" }, { $0.left = nil },
      ]
      for drop in dropping where line.utf8.count >= columns { drop(&self) }
      return Progress.fitting(line, columns: columns)
    }
  }

  private static func megabytes(_ bytes: Int) -> String { grouped(bytes / 1_000_000) }

  private static func tenths(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  private static func clock(_ seconds: Int) -> String {
    let two = { (value: Int) in value < 10 ? "0\(value)" : "\(value)" }
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
    return hours > 0
      ? "\(hours):\(two(minutes)):\(two(seconds % 60))" : "\(minutes):\(two(seconds % 60))"
  }
}
