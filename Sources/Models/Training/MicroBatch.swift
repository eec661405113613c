// Sequences that go through the model together, one after the other without padding.
// SPDX-License-Identifier: Apache-2.0
import Decoders
import Tensors

/// The rows of some sequences. What a sequence gets does not depend on its neighbours.
public struct MicroBatch: Sendable {
  public let sequences: [TrainingSequence]
  /// Of each sequence its place in the run, from 0: what its random draws depend on.
  let places: [Int]
  /// Of each sequence its rows.
  let spans: [Range<Int>]
  /// All tokens, and the row of each.
  private(set) var ids: [Int32] = []
  private(set) var tokenRows: [Int32] = []
  /// The features of all images, and the row of each of theirs.
  private(set) var images: [Tensor] = []
  private(set) var imageRows: [Int32] = []
  let targets: [Target]

  public init(_ sequences: [TrainingSequence], firstPlace: Int) {
    self.sequences = sequences
    places = sequences.indices.map { firstPlace + $0 }
    var (spans, targets, row) = ([Range<Int>](), [Target](), 0)
    for sequence in sequences {
      let start = row
      for part in sequence.parts {
        let rows = (row..<row + part.length).map { Int32($0) }
        switch part {
        case .tokens(let ids):
          self.ids += ids
          tokenRows += rows
        case .image(let features):
          images.append(features)
          imageRows += rows
        }
        row += part.length
      }
      spans.append(start..<row)
      targets += sequence.targets.map { Target(row: $0.row + Int32(start), label: $0.label) }
    }
    (self.spans, self.targets) = (spans, targets)
  }

  /// Rows in all.
  public var length: Int { spans.last?.upperBound ?? 0 }

  /// The first sequence one of whose `losses`, those of the targets, is not finite.
  func firstBad(_ losses: [Float]) -> Int? {
    guard let bad = losses.firstIndex(where: { !$0.isFinite }) else { return nil }
    let row = Int(targets[bad].row)
    return spans.firstIndex { $0.contains(row) }
  }

  /// Of each row where it comes from in the tokens' rows followed by the images' rows.
  var order: [Int32] {
    var order = [Int32](repeating: 0, count: length)
    for (source, row) in (tokenRows + imageRows).enumerated() { order[Int(row)] = Int32(source) }
    return order
  }
}
