// The progress line: how many records or bytes, how fast, how long still.
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
  mutating func text(done: Int, total: Int?, inBytes: Bool = false) -> String? {
    guard isDue() else { return nil }
    let seconds = max(0.001, (ContinuousClock.now - start) / .seconds(1))
    return Self.text(tool: tool, done: done, total: total, seconds: seconds, inBytes: inBytes)
  }

  /// Whether the last line is no longer fresh; the caller then shows one.
  mutating func isDue() -> Bool {
    let now = ContinuousClock.now
    if let last, now - last < .milliseconds(100) { return false }
    last = now
    isShown = true
    return true
  }

  static func text(
    tool: String, done: Int, total: Int?, seconds: Double, inBytes: Bool = false
  ) -> String {
    let shown: (Int) -> String = { inBytes ? Self.megabytes($0) : grouped($0) }
    let rate = Double(done) / seconds
    var text = "\(tool)  "
    if let total, total > 0 {
      let filled = min(20, done * 20 / total)
      text += "[\(String(repeating: "#", count: filled))"
      text += "\(String(repeating: ".", count: 20 - filled))] \(shown(done))/\(shown(total))"
    } else {
      text += "\(grouped(done)) record\(done == 1 ? "" : "s")"
    }
    if inBytes {
      text += " MB  \(megabytes(Int(rate))) MB/s"
    } else {
      text += rate >= 100 ? "  \(Int(rate))/s" : "  \(tenths(rate))/s"
    }
    if let total, done > 0, total > done {
      let left = Int(min(359_999, Double(total - done) / rate))
      text += "  ETA \(clock(left))"
    }
    return text
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
