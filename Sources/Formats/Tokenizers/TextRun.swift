// Texts in a row, which are encoded as one.
// SPDX-License-Identifier: Apache-2.0

/// The bytes of neighbouring segments, and where each begins.
struct TextRun {
  private(set) var bytes: [UInt8] = []
  /// What of `bytes` counts: white space at either end may belong to the token beside it.
  var range: Range<Int> { min(start, end)..<end }
  /// For each part the number of its segment.
  private(set) var segments: [Int] = []
  private var starts: [Int] = []
  private let stripsStart: Bool
  private var stripsEnd = false

  init(stripsStart: Bool = false) { self.stripsStart = stripsStart }

  private var start: Int { stripsStart ? bytes[...].leadingSpace : 0 }
  private var end: Int { bytes.count - (stripsEnd ? bytes[...].trailingSpace : 0) }

  mutating func append(_ text: String, segment: Int) {
    starts.append(bytes.count)
    segments.append(segment)
    bytes.append(contentsOf: text.utf8)
  }

  mutating func stripEnd() { stripsEnd = true }

  /// The last part that begins at `place` or before; `number` is one that does.
  func part(at place: Int, from number: Int) -> Int {
    var number = number
    while number + 1 < starts.count, starts[number + 1] <= place { number += 1 }
    return number
  }

  /// Where the parts after part `number` begin, as far as that is before `place`.
  func starts(after number: Int, before place: Int) -> [Int] {
    Array(starts.dropFirst(number + 1).prefix { $0 < place })
  }
}
