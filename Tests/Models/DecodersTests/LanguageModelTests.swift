// The language model against PyTorch, and against itself in other batches.
// SPDX-License-Identifier: Apache-2.0
import CPU
import Checkpoints
import Operations
import Tensors
import TestSupport
import Testing

@testable import Decoders

struct LanguageModelTests {
  static let models = ["llava-hf", "llama-tied", "llava-original"]
  static let sets = KernelSet.runnable.map(\.name)

  static func load(_ model: String, set: String, precision: Precision, threads: Int = 2) throws
    -> LanguageModel
  {
    let kernels = try #require(KernelSet(named: set))
    let operations = try CPUOperations(kernels: kernels, threads: threads, precision: precision)
    let path = try GoldenModel(model).path
    return try LanguageModel(
      ModelDirectory.open(model: path).languageCheckpoint(), operations: operations)
  }

  static func cases(_ golden: GoldenModel) -> [String] {
    golden.expected.names.filter { $0.hasSuffix(".inputs") }.map { String($0.dropLast(7)) }
  }

  /// The logits of every row of `inputs`, fed in pieces of the given sizes.
  static func logits(_ model: LanguageModel, _ inputs: Tensor, pieces: [Int]) throws -> [Float] {
    let cache = try model.makeAttentionStore(capacity: inputs.shape[0])
    var first = 0
    return try pieces.flatMap { size in
      let piece = try model.join([inputs.rows(first..<first + size)])
      first += size
      return try model.logits(
        model.forward(piece, spans: [SequenceSpan(store: cache, rows: 0..<size)])
      ).floatValues
    }
  }

  @Test(arguments: models, sets)
  func logitsAgreeWithPyTorch(name: String, set: String) throws {
    let golden = try GoldenModel(name)
    let model = try Self.load(name, set: set, precision: .f32)
    #expect(!Self.cases(golden).isEmpty)
    for title in Self.cases(golden) {
      let inputs = try golden.tensor("\(title).inputs")
      let found = try Self.logits(model, inputs, pieces: [inputs.shape[0]])
      expectClose(found, try golden.floats("\(title).logits"), relative: 1e-4)
    }
  }

  @Test(arguments: models)
  func greedyContinuationIsPyTorchs(name: String) throws {
    let golden = try GoldenModel(name)
    let model = try Self.load(name, set: "scalar", precision: .f32)
    for title in Self.cases(golden) {
      let expected = try golden.ids("\(title).continuation")
      let inputs = try golden.tensor("\(title).inputs")
      let cache = try model.makeAttentionStore(capacity: inputs.shape[0] + expected.count)
      var next = try model.join([inputs])
      var found: [Int32] = []
      while found.count < expected.count {
        let rows = next.shape[0]
        let last = try model.lastHidden(next, spans: [SequenceSpan(store: cache, rows: 0..<rows)])
        let logits = try model.logits(last).floatValues
        let best = try #require(logits.indices.max { logits[$0] < logits[$1] })
        found.append(Int32(best))
        next = try model.embed([Int32(best)])
      }
      #expect(found == expected)
    }
  }

  @Test(arguments: ["llava-hf", "llama-tied"], sets)
  func piecesGiveTheSameBits(name: String, set: String) throws {
    let golden = try GoldenModel(name)
    let model = try Self.load(name, set: set, precision: .bf16)
    let inputs = try golden.tensor("text.inputs")
    let length = inputs.shape[0]
    let whole = try Self.logits(model, inputs, pieces: [length])
    let apart = try Self.logits(model, inputs, pieces: Array(repeating: 1, count: length))
    let mixed = try Self.logits(model, inputs, pieces: [1, length - 3, 2])
    #expect(whole == apart)
    #expect(whole == mixed)
  }

  @Test(arguments: Precision.allCases, sets)
  func companyAndThreadsChangeNoBit(precision: Precision, set: String) throws {
    let golden = try GoldenModel("llava-hf")
    let alone = try Self.load("llava-hf", set: set, precision: precision, threads: 1)
    let crowd = try Self.load("llava-hf", set: set, precision: precision, threads: 3)
    let parts = try Self.cases(golden).map { try golden.tensor("\($0).inputs") }
    let copies = Array(repeating: parts, count: 4).flatMap { $0 }
    var spans: [SequenceSpan] = []
    var first = 0
    for part in copies {
      spans.append(
        SequenceSpan(
          store: try crowd.makeAttentionStore(capacity: part.shape[0]),
          rows: first..<first + part.shape[0]))
      first += part.shape[0]
    }
    let hidden = try crowd.forward(crowd.join(copies), spans: spans)
    let together = try crowd.logits(hidden)
    for (part, entry) in zip(copies, spans) {
      let expected = try Self.logits(alone, part, pieces: [part.shape[0]])
      #expect(together.rows(entry.rows).floatValues == expected)
    }
  }

  /// Prompts of several lengths in one call, each continued by one row.
  @Test(arguments: Precision.allCases, sets)
  func lastRowsAreThoseOfAllRows(precision: Precision, set: String) throws {
    let golden = try GoldenModel("llava-hf")
    let model = try Self.load("llava-hf", set: set, precision: precision)
    let parts = try Self.cases(golden).map { try golden.tensor("\($0).inputs") }
    let whole = try parts.map { try Self.logits(model, $0, pieces: [$0.shape[0]]) }
    let prompts = parts.map { $0.rows(0..<$0.shape[0] - 1) }
    var (spans, first): ([SequenceSpan], Int) = ([], 0)
    for part in parts {
      let rows = first..<first + part.shape[0] - 1
      spans.append(
        SequenceSpan(
          store: try model.makeAttentionStore(capacity: part.shape[0]), rows: rows))
      first = rows.upperBound
    }
    let read = try model.logits(model.lastHidden(model.join(prompts), spans: spans))
    let next = try model.join(parts.map { $0.rows($0.shape[0] - 1..<$0.shape[0]) })
    let steps = spans.enumerated().map { SequenceSpan(store: $1.store, rows: $0..<$0 + 1) }
    let written = try model.logits(model.lastHidden(next, spans: steps))
    let vocabulary = model.vocabularyRows
    #expect(parts.count > 1 && read.shape == [parts.count, vocabulary])
    for (index, logits) in whole.enumerated() {
      #expect(read.values(ofRow: index) == logits.dropLast(vocabulary).suffix(vocabulary))
      #expect(written.values(ofRow: index) == logits.suffix(vocabulary))
    }
  }

  @Test func copiedPrefixContinuesAlike() throws {
    let golden = try GoldenModel("llava-hf")
    let model = try Self.load("llava-hf", set: "scalar", precision: .bf16)
    let inputs = try golden.tensor("image.inputs")
    let length = inputs.shape[0]
    let whole = try Self.logits(model, inputs, pieces: [length])
    let source = try model.makeAttentionStore(capacity: length)
    _ = try model.forward(
      model.join([inputs]), spans: [SequenceSpan(store: source, rows: 0..<length)])
    let cache = try model.makeAttentionStore(capacity: length + 64)
    cache.copyPrefix(of: source, length: 5)
    let rest = try model.join([inputs.rows(5..<length)])
    let found = try model.logits(
      model.forward(rest, spans: [SequenceSpan(store: cache, rows: 0..<length - 5)]))
    let vocabulary = model.vocabularyRows
    #expect(found.floatValues == Array(whole[5 * vocabulary..<length * vocabulary]))
  }
}
