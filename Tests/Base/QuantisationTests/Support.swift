// Rows to encode, and what comes back of them.
// SPDX-License-Identifier: Apache-2.0
import Quantisation
import Tensors
import TestSupport
import Testing
import Threads

/// Numbers around 0 with a deviation of 0.044, from integers alone, so that other programs can make them.
func bellNumbers(_ count: Int) -> [Float] {
  var state: UInt64 = 1
  return (0..<count).map { _ in
    var sum = 0
    for _ in 0..<6 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      sum += Int(state >> 48)
    }
    return Float(sum - 6 * 32768 + 3) / Float(1 << 20)
  }
}

/// A matrix of F32.
func matrix(_ values: [Float], columns: Int) throws -> Weight {
  try #require(Weight(Tensor(values, shape: [values.count / columns, columns])))
}

/// All rows of `weight` in `format`, as bytes.
func encoded(
  _ weight: Weight, _ format: WeightFormat, order: RowOrder? = nil, importance: [Float]? = nil,
  threads: Int = 1
) throws -> [UInt8] {
  let pool = ThreadPool(width: threads)
  defer { pool.stop() }
  let quantiser = try #require(Quantiser(format))
  return try quantiser.rows(
    0..<weight.rows, of: weight, order: order, importance: importance, on: pool
  ).withUnsafeBytes { Array($0) }
}

/// Memory that holds `bytes`.
func storage(_ bytes: [UInt8]) throws -> TensorStorage {
  let storage = try TensorStorage(byteCount: bytes.count)
  Tensor(.u8, shape: [bytes.count], storage: storage).withUnsafeMutableBytes { target in
    bytes.withUnsafeBytes { target.copyMemory(from: $0) }
  }
  return storage
}

/// What `bytes` decode to.
func decoded(_ bytes: [UInt8], _ format: WeightFormat, columns: Int) throws -> [Float] {
  let rowBytes = try #require(format.byteCount(of: columns))
  let weight = try #require(
    Weight(
      rows: bytes.count / rowBytes, columns: columns, format: format,
      storage: try storage(bytes)))
  return try weight.decoded().floatValues
}

/// The sum of squared differences, in f64, each times the weight of its place in a row.
func squaredError(_ a: [Float], _ b: [Float], importance: [Float]? = nil) -> Double {
  zip(a, b).enumerated().reduce(0) { sum, pair in
    let difference = Double(pair.element.0) - Double(pair.element.1)
    let weight = importance.map { Double($0[pair.offset % $0.count]) } ?? 1
    return sum + weight * difference * difference
  }
}

let kinds: [WeightFormat] = [.q4K, .q5K, .q6K]
/// Blocks of 32 that are searched where columns do not count alike.
let weighed: [WeightFormat] = [.q40, .q41, .q50, .q51]
