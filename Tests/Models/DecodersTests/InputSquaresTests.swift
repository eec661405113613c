// The squares of what matrices are multiplied by, against the plain definition, and whatever company.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Operations
import Tensors
import TestSupport
import Testing

@testable import Decoders

@Suite struct InputSquaresTests {
  private func squares(_ model: LanguageModel, _ inputs: Tensor) throws -> InputSquares {
    let store = try model.makeAttentionStore(capacity: inputs.shape[0])
    return try model.inputSquares(
      model.join([inputs]), spans: [SequenceSpan(store: store, rows: 0..<inputs.shape[0])])
  }

  @Test(arguments: LanguageModelTests.models) func meansAreThoseOfTheDefinition(name: String) throws
  {
    let golden = try GoldenModel(name)
    let model = try LanguageModelTests.load(name, set: "scalar", precision: .f32)
    var plain = try PlainDecoder(ModelDirectory.open(model: golden.path).languageCheckpoint())
    var found = InputSquares()
    for title in LanguageModelTests.cases(golden) {
      let inputs = try golden.tensor("\(title).inputs")
      found += try squares(model, inputs)
      plain.run((0..<inputs.shape[0]).map { inputs.values(ofRow: $0).map(Double.init) })
    }
    #expect(found.positions > 4 && plain.sums.count == 4 * model.config.layers + 1)
    for (input, sums) in plain.sums {
      let means = try #require(found.means(of: input), "\(input)")
      #expect(means.count == model.columns(of: input), "\(input)")
      expectClose(means, sums.map { Float($0 / Double(found.positions)) }, relative: 1e-4)
    }
    #expect(found.areFinite)
  }

  /// Each matrix has the input of its own width; gains and rows that are looked up have none.
  @Test func everyMatrixHasAnInput() throws {
    for name in LanguageModelTests.models {
      let model = try LanguageModelTests.load(name, set: "scalar", precision: .bf16)
      let expected = model.config.expectedParameters.named
      var shapes: [String: [Int]] = [:]
      for (name, tensor) in expected { shapes[name] = tensor.shape }
      let matrices = model.inputs.named.filter { $0.value != nil }.map(\.name)
      let head = name == "llama-tied" ? "language.embed_tokens.weight" : "language.lm_head.weight"
      #expect(matrices.count == 7 * model.config.layers + 1)
      #expect(matrices.contains(head) && matrices.contains("language.layers.0.mlp.up_proj.weight"))
      for (name, input) in model.inputs.named {
        guard let input else { continue }
        #expect(
          shapes[name]?.count == 2 && shapes[name]?.last == model.columns(of: input), "\(name)")
      }
    }
  }

  @Test(arguments: Precision.allCases) func threadsAndOthersChangeNoBit(precision: Precision) throws
  {
    let golden = try GoldenModel("llava-hf")
    let one = try LanguageModelTests.load(
      "llava-hf", set: "scalar", precision: precision, threads: 1)
    let three = try LanguageModelTests.load(
      "llava-hf", set: "scalar", precision: precision, threads: 3)
    let inputs = try golden.tensor("image.inputs")
    let (first, second) = (try squares(one, inputs), try squares(three, inputs))
    for (_, input) in one.inputs.named {
      guard let input else { continue }
      #expect(first.means(of: input) == second.means(of: input))
    }
    // Watching changes nothing of what is computed.
    let length = inputs.shape[0]
    let watched = try one.join([inputs])
    let store = try one.makeAttentionStore(capacity: length)
    _ = try one.inputSquares(watched, spans: [SequenceSpan(store: store, rows: 0..<length)])
    #expect(
      try one.logits(watched).floatValues
        == LanguageModelTests.logits(one, inputs, pieces: [length]))
  }

  @Test func emptyAndInfiniteSumsAreTold() throws {
    #expect(InputSquares().means(of: .output) == nil && InputSquares().areFinite)
    for value in [Double.infinity, .nan, 1e300] {
      #expect(!InputSquares(positions: 2, sums: [.output: [1, value]]).areFinite)
    }
    var sum = InputSquares(positions: 1, sums: [.output: [4, 0]])
    sum += InputSquares(positions: 3, sums: [.output: [0, 2]])
    #expect(sum.positions == 4 && sum.means(of: .output) == [1, 0.5])
  }
}
