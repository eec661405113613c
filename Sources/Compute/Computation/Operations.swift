// The operations that the models use, all of them: a second backend is a second implementation.
// SPDX-License-Identifier: Apache-2.0
import Kernels
import Tensors

public typealias Precision = Kernels.Precision
public typealias ProductActivation = Kernels.Activation

/// What a model may ask of the machine it runs on.
///
/// Activations are f32. Weights are [out, in] of any float type, used where they lie. Gains and
/// biases are f32 vectors. Results are new tensors unless a function says `in place`; no result
/// depends on the other rows of the batch or on the number of threads.
public protocol Operations: Sendable {
  var precision: Precision { get }

  /// x [rows, in] times weight [out, in] transposed, plus bias [out]: [rows, out]; then the
  /// activation of each element.
  func linear(_ x: Tensor, weight: Tensor, bias: Tensor?, activation: ProductActivation?)
    throws(AllocationError) -> Tensor

  /// y [rows, out] += linear(x), in place.
  func addLinear(_ x: Tensor, weight: Tensor, bias: Tensor?, to y: Tensor)

  /// Several linear layers of the same x, which is prepared once for them.
  func linears(_ x: Tensor, _ layers: [(weight: Tensor, bias: Tensor?)]) throws(AllocationError)
    -> [Tensor]

  /// [rows, out] = g sigmoid(g) times linear(x, up), element by element, where g is
  /// linear(x, gate): SwiGLU (Shazeer, arXiv 2002.05202).
  func swiGLU(_ x: Tensor, gate: Tensor, up: Tensor) throws(AllocationError) -> Tensor

  /// [rows, width] to zero mean and unit variance a row, times gain, plus bias.
  func layerNorm(_ x: Tensor, gain: Tensor, bias: Tensor, eps: Float) throws(AllocationError)
    -> Tensor

  /// [rows, width] divided by each row's root mean square, times gain.
  func rmsNorm(_ x: Tensor, gain: Tensor, eps: Float) throws(AllocationError) -> Tensor

  /// x += y, in place.
  func add(_ y: Tensor, to x: Tensor)

  /// Rows `ids` of a table [count, width] of any float type: [ids.count, width] f32.
  /// The caller has checked the ids against the table.
  func rows(_ ids: [Int32], of table: Tensor) throws(AllocationError) -> Tensor

  /// The rows of several [rows, width] f32 tensors, one after the other.
  func join(_ parts: [Tensor]) throws(AllocationError) -> Tensor

  /// Cuts images [batch, channels, side, side] into squares, row by row:
  /// [batch * squares, channels * patchSide * patchSide].
  func patches(of images: Tensor, patchSide: Int) throws(AllocationError) -> Tensor

  /// Rotates each head of x [rows, heads * headWidth] by its row's angles, in place.
  func rotate(_ x: Tensor, by angles: RotaryAngles)

  /// Writes keys and values [rows, heads * headWidth] into the caches of `spans`.
  func append(keys: Tensor, values: Tensor, layer: Int, spans: [SequenceSpan])

  /// Attention of query [rows, heads * headWidth] over the caches of `spans`: the same shape.
  /// Causal: each row of a span sees one position fewer than the row after it.
  func attend(_ query: Tensor, layer: Int, causal: Bool, spans: [SequenceSpan])
    throws(AllocationError) -> Tensor

  /// The same elements as another float type, f32 or bf16.
  func convert(_ x: Tensor, to type: ElementType) throws(AllocationError) -> Tensor

  /// Runs independent tasks on the threads that the operations use; `body` must not use operations.
  func inParallel(_ count: Int, _ body: (Int) -> Void)
}

extension Operations {
  /// The linear layer alone.
  public func linear(_ x: Tensor, weight: Tensor, bias: Tensor?) throws(AllocationError) -> Tensor {
    try linear(x, weight: weight, bias: bias, activation: nil)
  }
}
