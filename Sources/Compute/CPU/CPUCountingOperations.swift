// The memory that the operations on the processor would take, without doing them.
// SPDX-License-Identifier: Apache-2.0
import Operations
import Tensors

/// Makes the results that `CPUOperations` makes, of the same sizes and in the same order, without
/// elements; what functions take for themselves is counted as they take it.
final class CPUCountingOperations: CountingOperations {
  let engine: Engine
  let count: MemoryCount
  let scratch: ScratchCount

  var precision: Precision { engine.precision }

  var exact: any Operations {
    guard precision != .f32 else { return self }
    let engine = Engine(
      kernels: engine.kernels, pool: engine.pool, precision: .f32, usesBLAS: false)
    return CPUCountingOperations(engine, count)
  }

  init(_ engine: Engine, _ count: MemoryCount = MemoryCount()) {
    (self.engine, self.count) = (engine, count)
    scratch = ScratchCount(engine, count)
  }

  func block(_ shape: [Int], _ type: ElementType = .f32) -> Tensor {
    Tensor(counted: type, shape: shape, by: count)
  }

  // MARK: Between the program's memory and the machine's

  func zeros(_ shape: [Int]) -> Tensor {
    Tensor(counted: .f32, shape: shape, asPages: true, by: count)
  }

  func angles(of rotary: RotaryEmbedding, at positions: [Int32]) -> RotaryAngles {
    let shape = [positions.count, rotary.headWidth / 2]
    return RotaryAngles(cosine: block(shape), sine: block(shape), headWidth: rotary.headWidth)
  }

  func upload(_ x: Tensor) -> Tensor { block(x.shape, x.elementType) }
  func upload(_ weight: Weight) -> Weight { weight }
  func download(_ x: Tensor) -> Tensor { x }
  func vector(_ weight: Weight) -> Weight { Weight(f32: block([weight.rows * weight.columns])) }

  func makeAttentionStore(_ shape: AttentionShape, capacity: Int) throws(AllocationError)
    -> any AttentionStore
  { preconditionFailure("a rehearsal of training does not generate") }

  // MARK: Linear layers and their gradients

  func linear(_ x: Tensor, weight: Weight, bias: Weight?, activation: Activation?) -> Tensor {
    let y = block([x.shape[0], weight.rows])
    addLinear(x, weight: weight, bias: bias, to: y)
    return y
  }

  func addLinear(_ x: Tensor, weight: Weight, bias: Weight?, to y: Tensor) {
    scratch.product(rows: x.shape[0], weightRows: weight.rows, columns: weight.columns)
  }

  func linears(_ x: Tensor, _ layers: [(weight: Weight, bias: Weight?)]) -> [Tensor] {
    layers.map { linear(x, weight: $0.weight, bias: $0.bias, activation: nil) }
  }

  func swiGLU(_ x: Tensor, gate: Weight, up: Weight) -> Tensor {
    linear(x, weight: gate, bias: nil, activation: nil)
  }

  func inputGradient(_ dy: Tensor, weight: Weight) -> Tensor {
    let dx = block([dy.shape[0], weight.columns])
    addInputGradient(dy, weight: weight, to: dx)
    return dx
  }

  func addInputGradient(_ dy: Tensor, weight: Weight, to dx: Tensor) {
    scratch.product(rows: dy.shape[0], weightRows: weight.rows, byColumns: weight.columns)
  }

  func addWeightGradient(_ dy: Tensor, _ x: Tensor, to gradient: Tensor) {
    let (rows, outputs) = (x.shape[0], dy.width)
    let transposed = block([outputs, rows])
    scratch.product(rows: outputs, weightRows: rows, byColumns: x.width)
    withExtendedLifetime(transposed) {}
  }

  func addBiasGradient(_ dy: Tensor, to gradient: Tensor) {}

  // MARK: Attention

  func attendCausally(
    _ query: Tensor, keys: Tensor, values: Tensor, headWidth: Int, within spans: [Range<Int>]
  ) -> AttentionRecord {
    attended(query, keys, headWidth: headWidth, within: spans, isCausal: true)
  }

  func attend(
    _ query: Tensor, keys: Tensor, values: Tensor, headWidth: Int, within spans: [Range<Int>]
  ) -> AttentionRecord {
    attended(query, keys, headWidth: headWidth, within: spans, isCausal: false)
  }

  private func attended(
    _ query: Tensor, _ keys: Tensor, headWidth: Int, within spans: [Range<Int>], isCausal: Bool
  ) -> AttentionRecord {
    let heads = query.width / headWidth
    let stores = spans.map { rows in
      let (shape, type) = CPUAttentionStore.filling(
        rows.count, heads: keys.width / headWidth, headWidth: headWidth, precision)
      return [block(shape, type), block(shape, type)]
    }
    let output = block(query.shape)
    let softmaxes = block([query.shape[0], heads, 2])
    scratch.attention(spans, heads: heads, headWidth: headWidth)
    withExtendedLifetime(stores) {}
    return AttentionRecord(
      output: output, softmaxes: softmaxes, headWidth: headWidth, spans: spans, isCausal: isCausal)
  }

  func attentionGradient(
    _ dy: Tensor, of record: AttentionRecord, query: Tensor, keys: Tensor, values: Tensor
  ) -> (query: Tensor, keys: Tensor, values: Tensor) {
    let results = (block(query.shape), block(keys.shape), block(values.shape))
    scratch.attentionGradient(
      record.spans, heads: keys.width / record.headWidth, headWidth: record.headWidth)
    return results
  }

  func append(keys: Tensor, values: Tensor, layer: Int, spans: [SequenceSpan]) {}
  func attend(_ query: Tensor, layer: Int, spans: [SequenceSpan]) -> Tensor { block(query.shape) }
}

extension CPUOperations {
  /// The same operations, counted.
  public func counting() -> any CountingOperations { CPUCountingOperations(engine) }
}
