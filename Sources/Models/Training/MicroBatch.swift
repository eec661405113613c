// Sequences that go through the model together, one after the other without padding.
// SPDX-License-Identifier: Apache-2.0
import Decoders
import Tensors

/// The rows of some sequences. The results of a sequence do not depend on the other sequences.
public struct MicroBatch: Sendable {
  public let sequences: [TrainingSequence]
  /// The rows of attention of each sequence, in which every sequence is whole.
  private(set) var spans: [Range<Int>] = []
  /// The row for each row of attention; nil if no row is shared.
  private(set) var sources: [Int32]?
  /// For each row the number in the run, from 0, of the sequence that brought it, and its position
  /// there: its random numbers depend on these.
  private(set) var origins: [(place: Int, position: Int)] = []
  /// All tokens, and the row of each token.
  private(set) var ids: [Int32] = []
  private(set) var tokenRows: [Int32] = []
  /// The features of all images, and the row of each of their rows.
  private(set) var images: [Tensor] = []
  /// All images whose features are computed here, and the number of rows kept of each.
  private(set) var pixels: [(image: Tensor, rows: Int)] = []
  private(set) var imageRows: [Int32] = []
  private(set) var targets: [Target] = []
  /// The sequence of each target.
  private(set) var targetSequences: [Int] = []

  /// `firstPlace`: the first sequence's number in the run. `sharing`: rows of a prefix that a sequence
  /// shares with the one before it, such as those of one image, go through the model once for both.
  public init(_ sequences: [TrainingSequence], firstPlace: Int, sharing: Bool = false) {
    self.sequences = sequences
    var (rows, attended) = ([Int32](), [Int32]())
    for (index, sequence) in sequences.enumerated() {
      let isLike = sharing && index > 0
      let common = isLike ? sequence.commonPrefix(with: sequences[index - 1]) : 0
      let own = (length..<length + sequence.length - common).map(Int32.init)
      rows = rows.prefix(common) + own
      spans.append(attended.count..<attended.count + rows.count)
      attended += rows
      add(sequence, from: common, rows: rows)
      origins += (common..<sequence.length).map { (firstPlace + index, $0) }
      targets += sequence.targets.map { Target(row: rows[Int($0.row)], label: $0.label) }
      targetSequences += sequence.targets.map { _ in index }
    }
    if attended.count > length { sources = attended }
  }

  /// Rows by `size`, without content: for a rehearsal. All records have the same length.
  init(rehearsing size: BatchSize, featureWidth: Int?, pixels: Tensor?, rowsPerImage: Int) {
    sequences = []
    let (records, rows) = (max(1, size.records), max(1, size.rows))
    let attended = rows + max(0, size.sharedRows)
    let common = records > 1 ? min(size.sharedRows / (records - 1), rows - 1) : 0
    var (end, used, stands) = (0, 0, [Int32]())
    for index in 0..<records {
      let length = attended * (index + 1) / records - end
      spans.append(end..<end + length)
      let shared = index > 0 ? min(common, length) : 0
      let own = min(length - shared, max(0, rows - used))
      stands.append(contentsOf: 0..<Int32(length - own))
      stands.append(contentsOf: Int32(used)..<Int32(used + own))
      (end, used) = (end + length, used + own)
    }
    origins = (0..<used).map { (0, $0) }
    if size.sharedRows > 0 { sources = stands }
    let isPixels = pixels != nil && size.images > 0
    let fromImages = min(isPixels ? size.images * rowsPerImage : size.imageRows, used)
    ids = [Int32](repeating: 0, count: used - fromImages)
    imageRows = (0..<fromImages).map(Int32.init)
    tokenRows = (fromImages..<used).map(Int32.init)
    if isPixels, let pixels {
      self.pixels = (0..<size.images).map { image in
        (pixels, min(rowsPerImage, max(0, fromImages - image * rowsPerImage)))
      }
    } else if fromImages > 0, let featureWidth {
      images = [Tensor(counted: .f16, shape: [fromImages, featureWidth], by: MemoryCount())]
    }
    targets = (0..<min(size.targets, used)).map { Target(row: Int32($0), label: 0) }
    targetSequences = targets.map { _ in 0 }
  }

  /// Adds the contents of the rows of `sequence` from position `start` on.
  private mutating func add(_ sequence: TrainingSequence, from start: Int, rows: [Int32]) {
    var position = 0
    for part in sequence.parts {
      let end = position + part.length
      let first = max(start, position)
      if first < end {
        switch part {
        case .tokens(let ids):
          self.ids += ids[(first - position)...]
          tokenRows += rows[first..<end]
        case .image(let features):
          images.append(features)
          imageRows += rows[first..<end]
        case .pixels(let image, let count):
          pixels.append((image, count))
          imageRows += rows[first..<end]
        }
      }
      position = end
    }
  }

  /// The total number of rows that go through the model.
  public var length: Int { origins.count }

  /// The first sequence one of whose `losses`, those of the targets, is not finite.
  func firstBad(_ losses: [Float]) -> Int? {
    guard let bad = losses.firstIndex(where: { !$0.isFinite }) else { return nil }
    return targetSequences[bad]
  }

  /// The source of each row, in the tokens' rows followed by the images' rows.
  var order: [Int32] {
    var order = [Int32](repeating: 0, count: length)
    for (source, row) in (tokenRows + imageRows).enumerated() { order[Int(row)] = Int32(source) }
    return order
  }
}

extension TrainingSequence {
  /// The length of the common prefix: tokens one by one, images as a whole.
  func commonPrefix(with other: TrainingSequence) -> Int {
    var length = 0
    for (left, right) in zip(parts, other.parts) {
      switch (left, right) {
      case (.tokens(let a), .tokens(let b)):
        let same = zip(a, b).prefix { $0 == $1 }.count
        length += same
        guard same == a.count, same == b.count else { return length }
      case (.image(let a), .image(let b)):
        guard a.hasSameBytes(as: b) else { return length }
        length += a.shape[0]
      case (.pixels(let a, let rows), .pixels(let b, let otherRows)):
        guard rows == otherRows, a.hasSameBytes(as: b) else { return length }
        length += rows
      default: return length
      }
    }
    return length
  }
}
