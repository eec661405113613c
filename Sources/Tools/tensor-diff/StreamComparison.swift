// The comparison of two whole streams, and its report.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Streams
import ToolSupport

/// Two streams side by side.
struct StreamComparison {
  let found: TensorStreamReader
  let expected: TensorStreamReader
  let tolerance: Tolerance

  /// The worst of all records, by tensor.
  private struct Worst {
    var difference = 0.0
    var relative = 0.0
    var cosine = 1.0
  }

  /// Writes a line for each record that differs (or each at all) and a summary. Returns whether the
  /// streams are equal within the tolerance.
  func run(output: (any ByteSink)?, showsAll: Bool, session: Session) throws(Failure) -> Bool {
    try checkContent()
    var differing = 0
    var worst: [(name: String, worst: Worst)] = []
    while true {
      let (left, right) = (try found.next(), try expected.next())
      guard let left, let right else {
        if left != nil || right != nil {
          try drain()
          differing += abs(found.recordCount - expected.recordCount)
          let counts = [found, expected].map {
            "\($0.name) has \(counted($0.recordCount, "record"))"
          }
          let text = "\(counts.joined(separator: ", ")): those that only one has are not compared"
          try output?.write(escapedForTerminal(text) + "\n")
        }
        break
      }
      let result = RecordComparison(left, right)
      let isEqual = isWithin(result, &worst)
      if !isEqual { differing += 1 }
      if !isEqual || showsAll { try output?.write(line(right, result, isEqual)) }
      session.recordDone()
    }
    try output?.write(summary(differing, worst))
    return differing == 0
  }

  private func checkContent() throws(Failure) {
    guard found.header.content == expected.header.content else {
      throw Failure(
        .mismatch, code: "diff/content", at: found.name,
        "expected \(expected.header.content), found \(found.header.content)")
    }
  }

  /// The longer stream may be damaged further on.
  private func drain() throws(Failure) {
    while try found.next() != nil {}
    while try expected.next() != nil {}
  }

  private func isWithin(
    _ result: RecordComparison, _ worst: inout [(name: String, worst: Worst)]
  ) -> Bool {
    guard case .compared(let comparisons) = result else { return false }
    for (name, comparison) in comparisons {
      let index = worst.firstIndex { $0.name.utf8.elementsEqual(name.utf8) } ?? worst.count
      if index == worst.count { worst.append((name, Worst())) }
      worst[index].worst.difference = max(
        worst[index].worst.difference, comparison.largestDifference)
      worst[index].worst.relative = max(worst[index].worst.relative, comparison.relativeDifference)
      worst[index].worst.cosine = min(worst[index].worst.cosine, comparison.leastCosine)
    }
    return comparisons.allSatisfy { $0.comparison.lies(within: tolerance) }
  }

  private func line(_ record: StreamRecord, _ result: RecordComparison, _ isEqual: Bool) -> String {
    var text = "\(record.sequence)\t\(record.id)\t\(isEqual ? "equal" : "different")"
    switch result {
    case .different(let reason): text += "\t\(reason)"
    case .compared(let comparisons):
      for (name, comparison) in comparisons {
        text += "\t\(name): max \(readable(comparison.largestDifference)), "
        text += "relative \(readable(comparison.relativeDifference)), "
        text += "cosine \(readable(comparison.leastCosine, digits: 7))"
      }
    }
    let fields = text.split(separator: "\t").map { escapedForTerminal(String($0)) }
    return fields.joined(separator: "\t") + "\n"
  }

  private func summary(_ differing: Int, _ worst: [(name: String, worst: Worst)]) -> String {
    var text = ""
    for (name, worst) in worst {
      text += "\(name): max \(readable(worst.difference)), relative \(readable(worst.relative)), "
      text += "cosine \(readable(worst.cosine, digits: 7))\n"
    }
    let count = found.recordCount
    return text
      + (differing == 0
        ? "equal: \(counted(count, "record"))\n" : "different: \(counted(differing, "record"))\n")
  }
}
