// Finds stop texts in an answer that arrives in parts.
// SPDX-License-Identifier: Apache-2.0

/// Holds back text that might become a stop text, and cuts the answer before one.
struct StopMatcher {
  private let stops: [[UInt8]]
  private var held: [UInt8] = []
  /// A stop text was found; nothing more comes out.
  private(set) var isStopped = false

  init(_ stops: [String]) {
    self.stops = stops.map { Array($0.utf8) }.filter { !$0.isEmpty }
  }

  /// The text that is certain to belong to the answer after `text` is added.
  mutating func append(_ text: String) -> String {
    guard !isStopped else { return "" }
    held += Array(text.utf8)
    return release(upToBeginnings: true)
  }

  /// What was held back when the answer ends here. It may hold a stop text whole, behind the
  /// beginning of a longer one that did not come.
  mutating func finish() -> String { isStopped ? "" : release(upToBeginnings: false) }

  /// The text before the first stop text, or before what may become one.
  private mutating func release(upToBeginnings: Bool) -> String {
    for start in held.indices {
      let rest = held[start...]
      isStopped = stops.contains { rest.starts(with: $0) }
      if isStopped || upToBeginnings && stops.contains(where: { $0.starts(with: rest) }) {
        return release(start)
      }
    }
    return release(held.count)
  }

  /// A stop text begins with a whole character, so the cut never splits one.
  private mutating func release(_ count: Int) -> String {
    defer { held.removeFirst(count) }
    return String(decoding: held[..<count], as: UTF8.self)
  }
}
