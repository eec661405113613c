// The decoder over whole sequences against the one that generates, and its loss by the definition.
// SPDX-License-Identifier: Apache-2.0
import CPU
import Checkpoints
import Glibc
import Operations
import Tensors
import TestSupport
import Testing

@testable import Decoders

struct DecoderTrainingTests {
  private static let models = ["llava-hf", "llama-tied"]

  /// Two golden sequences one after the other.
  private func inputs(_ name: String, _ model: LanguageModel) throws -> (
    parts: [Tensor], joined: Tensor, spans: [Range<Int>]
  ) {
    let golden = try GoldenModel(name)
    let parts = try LanguageModelTests.cases(golden).prefix(2).map {
      try golden.tensor("\($0).inputs")
    }
    var (spans, first) = ([Range<Int>](), 0)
    for part in parts {
      spans.append(first..<first + part.shape[0])
      first += part.shape[0]
    }
    return (parts, try model.join(parts), spans)
  }

  /// Attention sums in another order there: only f32's own rounding may differ.
  @Test(arguments: models, LanguageModelTests.sets)
  func trainingSeesWhatInferenceSees(name: String, set: String) throws {
    let model = try LanguageModelTests.load(name, set: set, precision: .f32)
    let (parts, joined, spans) = try inputs(name, model)
    let before = joined.floatValues
    let hidden = try model.forward(joined, within: spans).hidden
    let found = try model.logits(hidden).floatValues
    let expected = try parts.flatMap {
      try LanguageModelTests.logits(model, $0, pieces: [$0.shape[0]])
    }
    expectClose(found, expected, relative: 1e-5)
    let isUntouched = joined.floatValues == before
    #expect(isUntouched)
  }

  /// -log of the label's share, of every row several times: more than go through the head at once.
  @Test(arguments: models)
  func lossesAreCrossEntropies(name: String) throws {
    let model = try LanguageModelTests.load(name, set: "scalar", precision: .f32)
    let (_, joined, spans) = try inputs(name, model)
    let hidden = try model.forward(joined, within: spans).hidden
    let logits = try model.logits(hidden)
    let (rows, width) = (logits.shape[0], logits.shape[1])
    let targets = (0..<600).map {
      Target(row: Int32($0 % rows), label: Int32(7 * $0 % width))
    }
    let (losses, dhidden) = try model.crossEntropy(
      hidden, targets, factor: 0.5, into: DecoderGradients())
    let expected = targets.map { target in
      let row = logits.values(ofRow: Int(target.row)).map(Double.init)
      let largest = row.max() ?? 0
      let sum = row.reduce(0) { $0 + exp($1 - largest) }
      return largest + log(sum) - row[Int(target.label)]
    }
    expectClose(losses, expected, within: expected.map { 1e-5 * $0 + 1e-6 })
    // Twice the targets, twice what reaches each row.
    let twice = try model.crossEntropy(
      hidden, targets + targets, factor: 0.5, into: DecoderGradients()
    ).dhidden
    expectClose(twice.floatValues, dhidden.floatValues.map { 2 * $0 }, relative: 1e-5)
    let none = try model.crossEntropy(hidden, [], factor: 1, into: DecoderGradients())
    #expect(none.losses.isEmpty && none.dhidden.floatValues.allSatisfy { $0 == 0 })
  }
}
