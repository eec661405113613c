// Attention within whole sequences, causal or of all to all, and its gradient, against the definition
// in doubles and its differences, on every set of kernels.
// SPDX-License-Identifier: Apache-2.0
import Operations
import Tensors
import TestSupport
import Testing
import Threads

@testable import CPU

struct AttentionGradientTests {
  static let sets = KernelSet.runnable.map(\.name)

  struct Shape: CustomTestStringConvertible, Sendable {
    let length, heads, keyHeads, width: Int
    var isCausal = true
    var testDescription: String {
      "\(length) rows, \(heads) heads of \(keyHeads), width \(width)\(isCausal ? ", causal" : "")"
    }
  }

  /// Lengths around blocks of 32 and 64 queries and of 512 keys.
  static let shapes = [
    Shape(length: 1, heads: 4, keyHeads: 2, width: 8),
    Shape(length: 2, heads: 3, keyHeads: 1, width: 16),
    Shape(length: 31, heads: 2, keyHeads: 2, width: 64),
    Shape(length: 32, heads: 4, keyHeads: 1, width: 80),
    Shape(length: 33, heads: 4, keyHeads: 2, width: 8),
    Shape(length: 63, heads: 2, keyHeads: 1, width: 16),
    Shape(length: 64, heads: 2, keyHeads: 2, width: 8),
    Shape(length: 65, heads: 2, keyHeads: 1, width: 80),
    Shape(length: 200, heads: 2, keyHeads: 1, width: 16),
    Shape(length: 530, heads: 1, keyHeads: 1, width: 8),
    Shape(length: 1, heads: 2, keyHeads: 2, width: 8, isCausal: false),
    Shape(length: 5, heads: 3, keyHeads: 3, width: 16, isCausal: false),
    Shape(length: 33, heads: 4, keyHeads: 2, width: 8, isCausal: false),
    Shape(length: 65, heads: 2, keyHeads: 2, width: 80, isCausal: false),
    Shape(length: 530, heads: 1, keyHeads: 1, width: 8, isCausal: false),
  ]

  /// A sequence of bf16 numbers, so that only what is computed is rounded, and what reaches its
  /// output. Keys have something in common, as a model's have.
  private struct Sequence {
    let shape: Shape
    var query, keys, values, dy: [Float]

    init(_ shape: Shape, seed: UInt64 = 71) {
      var random = SeededGenerator(seed: seed)
      func numbers(_ heads: Int, _ number: (Float) -> Float) -> [Float] {
        random.floats(shape.length * heads * shape.width).map {
          Float(bitPattern: UInt32(number($0).bf16) << 16)
        }
      }
      self.shape = shape
      query = numbers(shape.heads) { $0 * 3 }
      keys = numbers(shape.keyHeads) { $0 + 0.5 }
      values = numbers(shape.keyHeads) { $0 }
      dy = numbers(shape.heads) { $0 }
    }

    var definition: AttentionDefinition {
      AttentionDefinition(
        length: shape.length, heads: shape.heads, keyHeads: shape.keyHeads, width: shape.width,
        isCausal: shape.isCausal, query: query.map(Double.init), keys: keys.map(Double.init),
        values: values.map(Double.init))
    }
  }

  private struct Results: Equatable {
    let output, query, keys, values: [Float]

    func rows(_ rows: Range<Int>, of shape: Shape) -> Results {
      func part(_ values: [Float], _ heads: Int) -> [Float] {
        let width = heads * shape.width
        return Array(values[rows.lowerBound * width..<rows.upperBound * width])
      }
      return Results(
        output: part(output, shape.heads), query: part(query, shape.heads),
        keys: part(keys, shape.keyHeads), values: part(values, shape.keyHeads))
    }
  }

  /// Attention and gradient of sequences that follow each other in a batch.
  private func run(_ sequences: [Sequence], _ operations: CPUOperations) throws -> Results {
    let shape = sequences[0].shape
    func joined(_ heads: Int, _ part: (Sequence) -> [Float]) throws -> Tensor {
      let values = sequences.flatMap(part)
      return try Tensor(
        values, shape: [values.count / (heads * shape.width), heads * shape.width])
    }
    let query = try joined(shape.heads, \.query)
    let keys = try joined(shape.keyHeads, \.keys)
    let values = try joined(shape.keyHeads, \.values)
    let attend = shape.isCausal ? operations.attendCausally : operations.attend
    let record = try attend(query, keys, values, shape.width, spans(sequences))
    let gradient = try operations.attentionGradient(
      joined(shape.heads, \.dy), of: record, query: query, keys: keys, values: values)
    return Results(
      output: record.output.floatValues, query: gradient.query.floatValues,
      keys: gradient.keys.floatValues, values: gradient.values.floatValues)
  }

  private func spans(_ sequences: [Sequence]) -> [Range<Int>] {
    var first = 0
    return sequences.map { sequence in
      defer { first += sequence.shape.length }
      return first..<first + sequence.shape.length
    }
  }

  private func operations(_ set: String, _ precision: Precision, threads: Int = 2) throws
    -> CPUOperations
  {
    CPUOperations(
      engine: Engine(
        kernels: try #require(KernelSet(named: set)), pool: ThreadPool(width: threads),
        precision: precision, usesBLAS: false))
  }

  /// The error's size as a share of the numbers' size.
  private func error(_ found: [Float], _ expected: [Double]) -> Double {
    let squares = zip(found, expected).reduce(0.0) {
      $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1)
    }
    return (squares / expected.reduce(0) { $0 + $1 * $1 }).squareRoot()
  }

  /// In f32 within some roundings of the largest number: more of them without a mask, where each row
  /// is what the parts of many keys leave of each other, and none has a few keys and large numbers.
  /// In bf16, whose numbers are off by 2^-9, shares and what reaches the scores are rounded once each.
  private func compare(
    _ found: [Float], _ expected: [Double], _ precision: Precision, _ shape: Shape, _ what: String
  ) {
    let largest = expected.map(abs).max() ?? 0
    let share = precision == .f32 ? (shape.isCausal ? 1e-6 : 2e-6) : 0x1p-7
    expectClose(found, expected, within: expected.map { _ in share * largest }, what)
    if largest > 0 { #expect(error(found, expected) < share / 2, "\(what)") }
  }

  @Test(arguments: shapes)
  func gradientsAgreeWithTheDefinition(shape: Shape) throws {
    let sequence = Sequence(shape)
    let output = sequence.definition.output()
    let gradient = sequence.definition.gradient(sequence.dy.map(Double.init))
    for set in Self.sets {
      for precision in Precision.allCases {
        let operations = try operations(set, precision)
        defer { operations.pool.stop() }
        let found = try run([sequence], operations)
        compare(found.output, output, precision, shape, "output, \(set)")
        compare(found.query, gradient.query, precision, shape, "queries, \(set)")
        compare(found.keys, gradient.keys, precision, shape, "keys, \(set)")
        compare(found.values, gradient.values, precision, shape, "values, \(set)")
      }
    }
  }

  /// Sequences of several lengths, alone and together, over one and three threads.
  @Test(arguments: sets, [true, false])
  func sequencesAreAlone(set: String, isCausal: Bool) throws {
    for precision in Precision.allCases {
      let sequences = [65, 1, 200, 33].enumerated().map {
        Sequence(
          Shape(length: $1, heads: 4, keyHeads: 2, width: 16, isCausal: isCausal),
          seed: UInt64(80 + $0))
      }
      try expectAlone(sequences, set, precision)
    }
  }

  private func expectAlone(_ sequences: [Sequence], _ set: String, _ precision: Precision) throws {
    var together: [Results] = []
    for threads in [1, 3] {
      let operations = try operations(set, precision, threads: threads)
      defer { operations.pool.stop() }
      together.append(try run(sequences, operations))
      for (sequence, span) in zip(sequences, spans(sequences)) {
        let alone = try run([sequence], operations)
        #expect(alone == together[0].rows(span, of: sequence.shape), "\(span) of \(threads)")
      }
    }
    #expect(together[0] == together[1])
  }

  /// A number that is not one reaches what depends on it, and no other sequence.
  @Test(arguments: sets, Precision.allCases)
  func faultsStayInTheirSequence(set: String, precision: Precision) throws {
    let shape = Shape(length: 70, heads: 2, keyHeads: 1, width: 8)
    let good = Sequence(shape, seed: 91)
    var bad = Sequence(shape, seed: 92)
    bad.query[30 * 16] = .nan
    let operations = try operations(set, precision)
    defer { operations.pool.stop() }
    let found = try run([good, bad, good], operations)
    let alone = try run([good], operations)
    #expect(found.rows(0..<70, of: shape) == alone)
    #expect(found.rows(140..<210, of: shape) == alone)
    let spoiled = found.rows(70..<140, of: shape)
    // Row 30's first head, and the keys that it saw.
    let (row, seen) = (30 * 16..<30 * 16 + 8, 0..<31 * 8)
    #expect(spoiled.output.indices.allSatisfy { spoiled.output[$0].isNaN == row.contains($0) })
    #expect(spoiled.query.indices.allSatisfy { spoiled.query[$0].isNaN == row.contains($0) })
    // Keys that it did not see get 0 of it, times what is no number.
    #expect(seen.allSatisfy { spoiled.keys[$0].isNaN })
    #expect(spoiled.values.indices.allSatisfy { spoiled.values[$0].isNaN == seen.contains($0) })
  }

  /// What a training sees is what generation will: the same bits, however a prompt is cut.
  @Test(arguments: sets, Precision.allCases)
  func outputIsThatOfGeneration(set: String, precision: Precision) throws {
    let shape = Shape(length: 130, heads: 4, keyHeads: 2, width: 16)
    let sequence = Sequence(shape)
    let operations = try operations(set, precision, threads: 3)
    defer { operations.pool.stop() }
    let found = try run([sequence], operations).output
    let (across, keyWidth) = (shape.heads * shape.width, shape.keyHeads * shape.width)
    let store = try operations.makeAttentionStore(
      AttentionShape(layers: 1, heads: shape.keyHeads, headWidth: shape.width), capacity: 130)
    var output: [Float] = []
    for rows in [0..<1, 1..<50, 50..<51, 51..<130] {
      func part(_ values: [Float], _ width: Int) throws -> Tensor {
        try Tensor(
          Array(values[rows.lowerBound * width..<rows.upperBound * width]),
          shape: [rows.count, width])
      }
      store.advance(by: rows.count)
      let spans = [SequenceSpan(store: store, rows: 0..<rows.count)]
      operations.append(
        keys: try part(sequence.keys, keyWidth), values: try part(sequence.values, keyWidth),
        layer: 0, spans: spans)
      output += try operations.attend(part(sequence.query, across), layer: 0, spans: spans)
        .floatValues
    }
    #expect(output == found)
  }

  /// The only share of a first row is 1, whatever its query: what its products round is rounded in
  /// what is taken off them too.
  @Test(arguments: sets, Precision.allCases)
  func nothingReachesTheQueryOfAFirstRow(set: String, precision: Precision) throws {
    let shape = Shape(length: 1, heads: 4, keyHeads: 2, width: 80)
    var sequence = Sequence(shape)
    sequence.dy = SeededGenerator.floats(320, seed: 73)
    sequence.values = SeededGenerator.floats(160, seed: 74)
    let operations = try operations(set, precision)
    defer { operations.pool.stop() }
    let found = try run([sequence], operations)
    #expect(found.query.allSatisfy { abs($0) < 1e-6 })
    #expect(found.keys.allSatisfy { abs($0) < 1e-6 })
  }

  /// The differences judge the definition's own gradient, and the kernels' in f32.
  @Test(arguments: [
    Shape(length: 1, heads: 2, keyHeads: 1, width: 2),
    Shape(length: 5, heads: 4, keyHeads: 2, width: 2),
    Shape(length: 7, heads: 3, keyHeads: 1, width: 4),
    Shape(length: 6, heads: 2, keyHeads: 2, width: 4, isCausal: false),
  ])
  func gradientsAgreeWithDifferences(shape: Shape) throws {
    let sequence = Sequence(shape)
    let definition = sequence.definition
    func differences(_ part: WritableKeyPath<AttentionDefinition, [Double]>) -> [Double] {
      derivative(at: definition[keyPath: part]) {
        var moved = definition
        moved[keyPath: part] = $0
        return dot(sequence.dy, moved.output())
      }
    }
    let expected = (differences(\.query), differences(\.keys), differences(\.values))
    let own = definition.gradient(sequence.dy.map(Double.init))
    for (own, expected) in [
      (own.query, expected.0), (own.keys, expected.1), (own.values, expected.2),
    ] {
      #expect(zip(own, expected).allSatisfy { abs($0 - $1) < 1e-9 })
    }
    for set in Self.sets {
      let operations = try operations(set, .f32)
      defer { operations.pool.stop() }
      let found = try run([sequence], operations)
      for (found, expected) in [
        (found.query, expected.0), (found.keys, expected.1), (found.values, expected.2),
      ] { expectClose(found, expected, within: expected.map { _ in 2e-6 }, set) }
    }
  }
}
