// Caches of integers: what they cost, that every way to fill them is one, and that all sets agree.
// SPDX-License-Identifier: Apache-2.0
import Operations
import Tensors
import TestSupport
import Testing

@testable import CPU

struct IntegerCacheTests {
  /// Two heads of keys and values for four of queries.
  private static let shape = AttentionShape(layers: 2, heads: 2, headWidth: 16)
  private static let positions = 70

  private struct Case {
    let queries, keys, values: Tensor

    init() throws {
      var random = SeededGenerator(seed: 31)
      func tensor(_ width: Int) throws -> Tensor {
        try Tensor(random.floats(positions * width), shape: [positions, width])
      }
      (queries, keys, values) = (try tensor(64), try tensor(32), try tensor(32))
    }
  }

  private static func operations(
    _ set: KernelSet, _ cache: CacheFormat, _ precision: Precision = .bf16
  )
    throws -> CPUOperations
  {
    let pool = try CPUOperations(kernels: set, threads: 2, precision: .bf16).pool
    return try CPUOperations(kernels: set, pool: pool, precision: precision, cache: cache)
  }

  /// The results [positions, 64] of the second layer, read `parts` rows at a time.
  private func attended(_ test: Case, _ operations: CPUOperations, parts: [Int]) throws -> [Float] {
    let store = try operations.makeAttentionStore(Self.shape, capacity: Self.positions + 9)
    var (first, result) = (0, [Float]())
    for count in parts {
      let rows = first..<first + count
      store.advance(by: count)
      let span = SequenceSpan(store: store, rows: 0..<count)
      operations.append(
        keys: test.keys.rows(rows), values: test.values.rows(rows), layer: 1, spans: [span])
      result += try operations.attend(test.queries.rows(rows), layer: 1, spans: [span])
        .floatValues
      first += count
    }
    return result
  }

  @Test func allSetsAndAllPartsGiveTheSameBits() throws {
    let test = try Case()
    var wanted: [Float]?
    for set in KernelSet.runnable.map(\.oneChain) {
      let operations = try Self.operations(set, .int8)
      defer { operations.pool.stop() }
      for parts in [[70], [1, 69], [33, 36, 1], [Int](repeating: 1, count: 70)] {
        let found = try attended(test, operations, parts: parts)
        if wanted == nil { wanted = found }
        #expect(found.map(\.bitPattern) == wanted?.map(\.bitPattern), "\(set.name), \(parts)")
      }
    }
  }

  /// What integers lose is a share of the largest key and value of a head: 1 of 254.
  @Test(arguments: [Precision.bf16, .f32]) func theErrorIsThatOfTheIntegers(precision: Precision)
    throws
  {
    let test = try Case()
    let set = try #require(KernelSet(named: "scalar"))
    guard let plain = try? Self.operations(set, .bf16, .f32) else { return }
    defer { plain.pool.stop() }
    let operations = try Self.operations(set, .int8, precision)
    defer { operations.pool.stop() }
    let exact = try attended(test, plain, parts: [70])
    let found = try attended(test, operations, parts: [70])
    let (errors, sizes) = zip(exact, found).reduce(into: (0.0, 0.0)) {
      $0.0 += Double(($1.0 - $1.1) * ($1.0 - $1.1))
      $0.1 += Double($1.0 * $1.0)
    }
    let error = (errors / sizes).squareRoot()
    #expect(error > 1e-4 && error < 0.01, "\(error)")
  }

  @Test func prefixesAreCopiedWithTheirScales() throws {
    let test = try Case()
    let operations = try Self.operations(try #require(KernelSet(named: "scalar")), .int8)
    defer { operations.pool.stop() }
    let wanted = try attended(test, operations, parts: [70])
    let whole = try operations.makeAttentionStore(Self.shape, capacity: Self.positions)
    whole.advance(by: Self.positions)
    let span = SequenceSpan(store: whole, rows: 0..<Self.positions)
    operations.append(keys: test.keys, values: test.values, layer: 1, spans: [span])
    let copy = try operations.makeAttentionStore(Self.shape, capacity: Self.positions + 40)
    copy.copyPrefix(of: whole, length: 50)
    copy.advance(by: 20)
    let rest = SequenceSpan(store: copy, rows: 0..<20)
    operations.append(
      keys: test.keys.rows(50..<70), values: test.values.rows(50..<70), layer: 1,
      spans: [rest])
    let found = try operations.attend(test.queries.rows(50..<70), layer: 1, spans: [rest])
    #expect(found.floatValues == Array(wanted[(50 * 64)...]))
    let plain = try Self.operations(try #require(KernelSet(named: "scalar")), .bf16)
    defer { plain.pool.stop() }
    let twice = try plain.makeAttentionStore(Self.shape, capacity: Self.positions)
    #expect(whole.byteCount < twice.byteCount)
  }

  @Test func whatIsNotFiniteShows() throws {
    let operations = try Self.operations(try #require(KernelSet(named: "scalar")), .int8)
    defer { operations.pool.stop() }
    let store = try operations.makeAttentionStore(Self.shape, capacity: 2)
    store.advance(by: 1)
    let span = SequenceSpan(store: store, rows: 0..<1)
    var numbers = [Float](repeating: 1, count: 32)
    numbers[3] = .infinity
    let odd = try Tensor(numbers, shape: [1, 32])
    operations.append(keys: odd, values: odd, layer: 0, spans: [span])
    let query = try Tensor([Float](repeating: 1, count: 64), shape: [1, 64])
    let found = try operations.attend(query, layer: 0, spans: [span]).floatValues
    #expect(found[..<32].allSatisfy { $0.isNaN } && found[32...].allSatisfy { abs($0 - 1) < 0.004 })
  }
}
