// How records become sequences: where images stand, what is cut, what is learned.
// SPDX-License-Identifier: Apache-2.0
import Decoders
import InputOutput
import Tensors
import Testing
import Tokenizers

@testable import Training

struct SequenceTests {
  private func sequence(
    _ ids: [Int32], images positions: [Int] = [], order: [Int]? = nil, loss: [Range<Int>],
    rows: [Int] = [], longest: Int = 100
  ) throws -> TrainingSequence {
    try TrainingSequence(
      id: "a",
      tokens: Prompt.Tokens(
        ids: ids, imagePositions: positions, imageOrder: order ?? Array(positions.indices),
        lossSpans: loss),
      images: try rows.enumerated().map { index, count in
        try Tensor((0..<2 * count).map { Float(100 * index + $0) }, shape: [count, 2])
      },
      limits: TrainingSequence.Limits(maxLength: longest, vocabularyRows: 50))
  }

  /// Tokens as they are, images by the first number of each and their rows.
  private func shown(_ sequence: TrainingSequence) -> [String] {
    sequence.parts.map { part in
      switch part {
      case .tokens(let ids): "\(ids)"
      case .image(let rows): "\(rows.floatValuesOfImage.first ?? -1) x \(rows.shape[0])"
      case .pixels(let image, let rows): "\(image.shape) x \(rows)"
      }
    }
  }

  private func targets(_ pairs: (row: Int32, label: Int32)...) -> [Target] {
    pairs.map { Target(row: $0.row, label: $0.label) }
  }

  private func code(_ make: () throws -> TrainingSequence) -> String? {
    do { _ = try make() } catch { return (error as? Failure)?.code }
    return nil
  }

  @Test func imagesStandWhereThePromptHasThem() throws {
    let found = try sequence(
      [10, 11, 12, 13], images: [1, 1, 4], order: [1, 0, 1], loss: [3..<4], rows: [2, 3])
    #expect(shown(found) == ["[10]", "100.0 x 3", "0.0 x 2", "[11, 12, 13]", "100.0 x 3"])
    #expect(found.length == 12 && !found.isTruncated && found.images == 3)
    #expect(found.targets == targets((7, 13)))
    #expect(found.imageNumbers == [1, 0, 1] && found.fullLength == 12)
    let cut = try sequence(
      [10, 11, 12, 13], images: [1, 1, 4], order: [1, 0, 1], loss: [1..<3], rows: [2, 3],
      longest: 8)
    #expect(cut.imageNumbers == [1, 0] && cut.fullLength == 12 && cut.length == 8)
    #expect(cut.isTruncated)
  }

  @Test func learnedTokensFollowImagesAndEachOther() throws {
    // Token 2 is predicted by the last row of the image before it, over which its span reaches.
    let found = try sequence([10, 11, 12, 13], images: [2], loss: [1..<4], rows: [3])
    #expect(found.targets == targets((0, 11), (4, 12), (5, 13)))
    let first = try sequence([10, 11], images: [0], loss: [0..<2], rows: [2])
    #expect(first.targets == targets((1, 10), (2, 11)))
  }

  @Test func theFirstTokenIsNeverLearnedTheLastMay() throws {
    let text = try sequence([10, 11, 12], loss: [0..<3])
    #expect(shown(text) == ["[10, 11, 12]"] && text.images == 0)
    #expect(text.targets == targets((0, 11), (1, 12)))
    #expect(code { try sequence([10, 11, 12], loss: [0..<1]) } == "prompt/no-loss")
    #expect(code { try sequence([10, 11, 12], loss: []) } == "prompt/no-loss")
    #expect(code { try sequence([], loss: []) } == "prompt/no-loss")
  }

  @Test func imagesWithoutRowsTakeNoPlace() throws {
    let found = try sequence([10, 11], images: [1], loss: [1..<2], rows: [0])
    #expect(found.length == 2 && found.targets == targets((0, 11)))
    #expect(!found.isTruncated)
  }

  @Test func theEndIsCutOff() throws {
    func cut(_ longest: Int) throws -> TrainingSequence {
      try sequence(
        [10, 11, 12, 13], images: [2], loss: [1..<2, 3..<4], rows: [3], longest: longest)
    }
    #expect(try !cut(7).isTruncated)
    #expect(try cut(7).targets == targets((0, 11), (5, 13)))
    #expect(try shown(cut(6)) == ["[10, 11]", "0.0 x 3", "[12]"])
    #expect(try cut(6).targets == targets((0, 11)) && cut(6).isTruncated)
    // Inside the image, at its beginning, and inside the tokens before it.
    #expect(try shown(cut(4)) == ["[10, 11]", "0.0 x 2"] && cut(4).length == 4)
    #expect(try shown(cut(2)) == ["[10, 11]"] && cut(2).isTruncated)
    #expect(code { try cut(1) } == "prompt/no-loss")
  }

  @Test func cutRecordsSayWhatWouldHelp() throws {
    do {
      _ = try sequence([10, 11, 12], loss: [2..<3], longest: 2)
      Issue.record("nothing is learned within 2 positions")
    } catch {
      let failure = try #require(error as? Failure)
      #expect(failure.remedy == "raise --max-length" && failure.message.contains("first 2 "))
    }
  }

  @Test func whatDoesNotFitTheModelIsRefused() {
    #expect(code { try sequence([10, 50], loss: [1..<2]) } == "prompt/token-range")
    #expect(code { try sequence([10, 49], loss: [1..<2]) } == nil)
    #expect(code { try sequence([-1, 2], loss: [1..<2]) } == "prompt/token-range")
    #expect(code { try sequence([10, .max], loss: [1..<2]) } == "prompt/token-range")
    for (order, rows) in [([0], []), ([], [2]), ([1], [2]), ([0], [2, 2]), ([-1], [2])] {
      let positions = order.map { _ in 1 }
      #expect(
        code { try sequence([1, 2], images: positions, order: order, loss: [1..<2], rows: rows) }
          == "prompt/image-count", "\(order) of \(rows.count)")
    }
  }

  /// Pixels stand for the rows that the tower will give, of which the cut leaves the first ones.
  @Test func pixelsAreAsLongAsTheirFeatures() throws {
    let image = try Tensor(.u8, shape: [8, 8, 3])
    let tokens = Prompt.Tokens(
      ids: [10, 11, 12, 13], imagePositions: [1, 3], imageOrder: [0, 0], lossSpans: [2..<4])
    func make(_ longest: Int) throws -> TrainingSequence {
      try TrainingSequence(
        id: "a", tokens: tokens, images: [image], pixelRows: 4,
        limits: TrainingSequence.Limits(maxLength: longest, vocabularyRows: 50))
    }
    let whole = try make(64)
    #expect(
      shown(whole) == ["[10]", "[8, 8, 3] x 4", "[11, 12]", "[8, 8, 3] x 4", "[13]"])
    #expect(whole.length == 12 && whole.images == 2)
    #expect(whole.targets == targets((5, 12), (10, 13)))
    let cut = try make(9)
    #expect(shown(cut) == ["[10]", "[8, 8, 3] x 4", "[11, 12]", "[8, 8, 3] x 2"])
    #expect(cut.isTruncated && cut.targets == targets((5, 12)))
    let batch = MicroBatch([cut, whole], firstPlace: 0)
    #expect(batch.images.isEmpty && batch.pixels.map(\.rows) == [4, 2, 4, 4])
    #expect(batch.imageRows == [1, 2, 3, 4, 7, 8] + [10, 11, 12, 13, 16, 17, 18, 19])
  }

  @Test func batchesKeepTheOrderOfRows() throws {
    let batch = MicroBatch(
      [
        try sequence([10, 11, 12], images: [1], loss: [1..<3], rows: [2]),
        try sequence([20, 21], loss: [1..<2]),
        try sequence([30, 31], images: [0, 2], loss: [1..<2], rows: [1, 1]),
      ], firstPlace: 40)
    #expect(batch.spans == [0..<5, 5..<7, 7..<11] && batch.length == 11)
    #expect(batch.sources == nil)
    #expect(batch.origins.map(\.place) == [40, 40, 40, 40, 40, 41, 41, 42, 42, 42, 42])
    #expect(batch.origins.map(\.position) == [0, 1, 2, 3, 4, 0, 1, 0, 1, 2, 3])
    #expect(batch.ids == [10, 11, 12, 20, 21, 30, 31])
    #expect(batch.images.map { $0.shape[0] } == [2, 1, 1])
    // Seven tokens, then four rows of images.
    #expect(batch.order == [0, 7, 8, 1, 2, 3, 4, 9, 5, 6, 10])
    #expect(batch.targets == targets((2, 11), (3, 12), (5, 21), (8, 31)))
  }

  /// The second begins like the first up to its last token, the third with another picture.
  @Test func rowsInCommonAreThereOnce() throws {
    let batch = MicroBatch(
      [
        try sequence([10, 11, 12], images: [1], loss: [1..<3], rows: [2]),
        try sequence([10, 11, 13, 14], images: [1], loss: [2..<4], rows: [2]),
        try sequence([10, 11], images: [1], loss: [1..<2], rows: [3]),
      ], firstPlace: 40, sharing: true)
    #expect(batch.spans == [0..<5, 5..<11, 11..<16])
    #expect(batch.sources == [0, 1, 2, 3, 4, 0, 1, 2, 3, 5, 6, 0, 7, 8, 9, 10])
    #expect(batch.length == 11)
    #expect(batch.ids == [10, 11, 12, 13, 14, 11])
    #expect(batch.images.map { $0.shape[0] } == [2, 3])
    #expect(batch.targets == targets((2, 11), (3, 12), (3, 13), (5, 14), (9, 11)))
    #expect(batch.targetSequences == [0, 0, 1, 1, 2])
  }
}

extension Tensor {
  fileprivate var floatValuesOfImage: [Float] {
    withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }
}
