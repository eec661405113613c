// What a record takes of a run, as the walk over the files finds it.
// SPDX-License-Identifier: Apache-2.0
import Records
import Tokenizers

/// The numbers of one record, small because there may be millions.
struct RecordMeasure: Equatable {
  /// Positions, the rows of images among them; images, and tokens that carry loss.
  private(set) var rows: Int32 = 0
  private(set) var imageRows: Int32 = 0
  private(set) var images: Int32 = 0
  private(set) var targets: Int32 = 0
  /// Positions up to the end of the first image, and what stands there as a hash; 0 where nobody asks.
  private(set) var prefixRows: Int32 = 0
  private(set) var prefix: Int32 = 0
  /// Positions up to and including the first token that carries loss.
  private(set) var firstTarget: Int32 = 0

  /// Takes how the record begins: its tokens before an image of `imageRows` rows, which is at `path`.
  mutating func begin(_ tokens: Prompt.Tokens, imageRows: Int, path: String?) {
    guard let path, let position = tokens.imagePositions.first else { return }
    // FNV-1a, the same in every run.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func add(_ value: UInt32) { hash = (hash ^ UInt64(value)) &* 0x100_0000_01b3 }
    for id in tokens.ids.prefix(position) { add(UInt32(bitPattern: id)) }
    add(UInt32(truncatingIfNeeded: imageRows))
    for byte in path.utf8 { add(UInt32(byte)) }
    prefix = Int32(truncatingIfNeeded: hash ^ (hash >> 32))
    prefixRows = Int32(clamping: position) + Int32(clamping: min(imageRows, 1 << 30))
  }

  /// Finds the first position that carries loss, where each image position has `rowsOfImage` rows.
  mutating func findTarget(_ tokens: Prompt.Tokens, rowsOfImage: Int) {
    guard let first = tokens.lossSpans.lazy.compactMap(\.first).first(where: { $0 > 0 }) else {
      return
    }
    let images = tokens.imagePositions.prefix { $0 <= first }.count
    let rows = min(rowsOfImage, 1 << 24) * min(images, 64)
    firstTarget = Int32(clamping: first + 1) + Int32(clamping: rows)
  }

  /// The shortest truncation that keeps half of the record from its first token with loss on; 0 if no
  /// token carries loss.
  var shortestCut: Int {
    firstTarget == 0 ? 0 : Int(firstTarget) + max(0, Int(rows) - Int(firstTarget) + 1) / 2
  }

  /// The same record cut at `length` positions; nil where nothing is learned of that.
  func cut(at length: Int) -> RecordMeasure? {
    guard length >= firstTarget else { return nil }
    var cut = self
    cut.rows = min(rows, Int32(clamping: length))
    cut.imageRows = min(imageRows, cut.rows)
    return cut
  }

  mutating func set(_ measure: SequenceMeasure, images: Int, imageRows: Int) {
    rows = Int32(clamping: measure.length)
    self.images = Int32(clamping: images)
    self.imageRows = Int32(clamping: min(imageRows, measure.length))
    targets = Int32(clamping: measure.targets)
  }

  /// Rows that it shares with the record before it.
  func common(with other: RecordMeasure) -> Int {
    guard prefixRows > 0, prefix == other.prefix, prefixRows == other.prefixRows else { return 0 }
    return Int(min(prefixRows, rows, other.rows))
  }
}

/// A set of token ids.
public struct TokenSet: Sendable {
  private var words: [UInt64] = []

  public init() {}

  /// Adds ids, none of which is negative.
  mutating func add(_ ids: [Int32]) {
    for id in ids {
      let word = Int(id) / 64
      while words.count <= word { words.append(0) }
      words[word] |= 1 << UInt64(id % 64)
    }
  }

  /// How many of the windows of `size` ids, from id 0 on, hold one of the set.
  public func windows(of size: Int) -> Int {
    var (count, last) = (0, -1)
    for (index, word) in words.enumerated() where word != 0 {
      for bit in 0..<64 where word & (1 << UInt64(bit)) != 0 {
        let window = (64 * index + bit) / max(1, size)
        if window != last { (count, last) = (count + 1, window) }
      }
    }
    return count
  }
}
