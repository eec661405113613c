// All operations that the models use: support for another device is another implementation.
// SPDX-License-Identifier: Apache-2.0
import Tensors

/// The operations that a model needs from the device it runs on.
///
/// Tensors, weights and attention stores belong to the operations that made or uploaded them, and
/// only these may use them; on the processor they are in the program's memory.
/// Activations are f32. Matrices are [out, in] in any format, used in place; gains and biases
/// are what `vector` gives. Results are new tensors unless a function says `in place`; no result
/// depends on the other rows of the batch or on the number of threads.
public protocol Operations: Sendable {
  var precision: Precision { get }

  /// The same device with products in f32; tensors and weights are shared between the two.
  var exact: any Operations { get }

  // MARK: Between the program's memory and the machine's

  /// Zeros F32 where this machine computes.
  func zeros(_ shape: [Int]) throws(AllocationError) -> Tensor
  /// The angles of rows at some positions.
  func angles(of rotary: RotaryEmbedding, at positions: [Int32]) throws(AllocationError)
    -> RotaryAngles
  /// The same elements where this machine computes: the tensor itself where that is here.
  func upload(_ x: Tensor) throws(AllocationError) -> Tensor
  /// The same weight where this machine computes: the weight itself where that is here.
  func upload(_ weight: Weight) throws(AllocationError) -> Weight
  /// The elements of a result in the program's memory.
  func download(_ x: Tensor) throws(AllocationError) -> Tensor
  /// A weight as the gain or bias of a layer: one row of F32.
  func vector(_ weight: Weight) throws(AllocationError) -> Weight
  /// An empty store for `capacity` positions.
  func makeAttentionStore(_ shape: AttentionShape, capacity: Int) throws(AllocationError)
    -> any AttentionStore

  // MARK: Linear layers

  /// x [rows, in] times weight [out, in] transposed, plus bias [out]: [rows, out]; then the
  /// activation of each element.
  func linear(_ x: Tensor, weight: Weight, bias: Weight?, activation: Activation?)
    throws(AllocationError) -> Tensor

  /// y [rows, out] += linear(x), in place.
  func addLinear(_ x: Tensor, weight: Weight, bias: Weight?, to y: Tensor)

  /// Several linear layers of the same x, which is packed once for all of them.
  func linears(_ x: Tensor, _ layers: [(weight: Weight, bias: Weight?)]) throws(AllocationError)
    -> [Tensor]

  /// [rows, out] = g sigmoid(g) times linear(x, up), element by element, where g is
  /// linear(x, gate): SwiGLU (Shazeer, arXiv 2002.05202).
  func swiGLU(_ x: Tensor, gate: Weight, up: Weight) throws(AllocationError) -> Tensor

  // MARK: Their gradients

  /// The gradient of a linear layer's input from dy [rows, out]: dy times weight [out, in], read in
  /// place: [rows, in].
  func inputGradient(_ dy: Tensor, weight: Weight) throws(AllocationError) -> Tensor

  /// dx [rows, in] += `inputGradient`, in place.
  func addInputGradient(_ dy: Tensor, weight: Weight, to dx: Tensor)

  /// gradient [out, in] += dy [rows, out] transposed times x [rows, in], in place: the gradient of a
  /// linear layer's weight. Each element is one chain over the rows in their order.
  func addWeightGradient(_ dy: Tensor, _ x: Tensor, to gradient: Tensor) throws(AllocationError)

  /// gradient [out] += the sum over the rows of dy [rows, out], in their order, in place: the
  /// gradient of a bias.
  func addBiasGradient(_ dy: Tensor, to gradient: Tensor)

  // MARK: Functions whose inputs are kept for their gradients

  /// activation(x), element by element.
  func activate(_ x: Tensor, _ activation: Activation) throws(AllocationError) -> Tensor

  /// The gradient of x from dy of `activate`.
  func activationGradient(_ dy: Tensor, of x: Tensor, _ activation: Activation)
    throws(AllocationError) -> Tensor

  /// gate sigmoid(gate) times up, element by element.
  func gate(_ gate: Tensor, _ up: Tensor) throws(AllocationError) -> Tensor

  /// The gradients of gate and up from dy of `gate`.
  func gateGradient(_ dy: Tensor, gate: Tensor, up: Tensor) throws(AllocationError)
    -> (gate: Tensor, up: Tensor)

  /// The gradient of x [rows, width] from dy of `rmsNorm`.
  func rmsNormGradient(_ dy: Tensor, of x: Tensor, gain: Weight, eps: Float)
    throws(AllocationError) -> Tensor

  /// gradient [width] += the gradient of the gain of `rmsNorm`, row after row, in place.
  func addGainGradient(_ dy: Tensor, of x: Tensor, eps: Float, to gradient: Tensor)

  /// The gradient of x [rows, width] from dy of `layerNorm`.
  func layerNormGradient(_ dy: Tensor, of x: Tensor, gain: Weight, eps: Float)
    throws(AllocationError) -> Tensor

  /// gradient [width] += the gradient of the gain of `layerNorm`, row after row, in place. For its bias
  /// see `addBiasGradient`.
  func addLayerGainGradient(_ dy: Tensor, of x: Tensor, eps: Float, to gradient: Tensor)

  /// Causal attention of query [rows, heads * headWidth] over keys and values of the same rows, with
  /// possibly fewer heads, within each of `spans`, which are whole sequences; and what its gradient needs.
  func attendCausally(
    _ query: Tensor, keys: Tensor, values: Tensor, headWidth: Int, within spans: [Range<Int>]
  ) throws(AllocationError) -> AttentionRecord

  /// The gradients of query, keys and values from dy of the output of `record`.
  func attentionGradient(
    _ dy: Tensor, of record: AttentionRecord, query: Tensor, keys: Tensor, values: Tensor
  ) throws(AllocationError) -> (query: Tensor, keys: Tensor, values: Tensor)

  /// The cross-entropy of each row of logits [rows, vocabulary] against its label; the logits become
  /// their gradients times `factor`, in place.
  func crossEntropy(_ logits: Tensor, labels: [Int32], factor: Float) -> [Float]

  // MARK: Training steps, with the same bits on every device

  /// One step of AdamW, in place: updates the parameter and its moments `first` and `second`. All four
  /// are f32 of one count.
  func adamW(
    _ parameter: Tensor, gradient: Tensor, first: Tensor, second: Tensor, _ step: AdamWStep)

  /// The sums of squares of x's blocks of `normBlock` elements, the last one perhaps shorter.
  func squares(_ x: Tensor) -> [Double]

  /// Whether no element of x is infinite or NaN.
  func finite(_ x: Tensor) -> Bool

  /// x *= factor, in place.
  func scale(_ x: Tensor, by factor: Float)

  /// Zeros, in place.
  func clear(_ x: Tensor)

  /// y [columns, rows] becomes x [rows, columns] transposed, f32 both.
  func transpose(_ x: Tensor, into y: Tensor)

  /// Dropout: x [rows, width] with some elements 0 and the others scaled up, by the mask. Its gradient
  /// is the same function of dy.
  func dropout(_ x: Tensor, _ mask: DropoutMask) throws(AllocationError) -> Tensor

  /// Row `ids[r]` of table [count, width] += row r of x [rows, width], row after row, in place: the
  /// gradient of a table from its `rows`. The caller has checked the ids.
  func addRows(_ x: Tensor, to table: Tensor, at ids: [Int32])

  // MARK: Along rows

  /// Each row of [rows, width] normalised to zero mean and unit variance, times gain, plus bias.
  func layerNorm(_ x: Tensor, gain: Weight, bias: Weight, eps: Float) throws(AllocationError)
    -> Tensor

  /// [rows, width] divided by each row's root mean square, times gain.
  func rmsNorm(_ x: Tensor, gain: Weight, eps: Float) throws(AllocationError) -> Tensor

  /// x += y, in place.
  func add(_ y: Tensor, to x: Tensor)

  /// Rotates each head of x [rows, heads * headWidth] by its row's angles, in place.
  func rotate(_ x: Tensor, by angles: RotaryAngles)

  // MARK: Attention

  /// Writes keys and values [rows, heads * headWidth] into the stores of `spans`.
  func append(keys: Tensor, values: Tensor, layer: Int, spans: [SequenceSpan])

  /// Attention of query [rows, heads * headWidth] over the stores of `spans`: the same shape.
  /// Causal: each row of a span attends to one position fewer than the row after it.
  func attend(_ query: Tensor, layer: Int, spans: [SequenceSpan]) throws(AllocationError) -> Tensor

  /// Attention of query, keys and values [rows, heads * headWidth] within each of `spans`, where every
  /// row attends to all rows: the same shape, and what its gradient needs.
  func attend(
    _ query: Tensor, keys: Tensor, values: Tensor, headWidth: Int, within spans: [Range<Int>]
  ) throws(AllocationError) -> AttentionRecord

  // MARK: Moving elements

  /// Rows `ids` of a table [count, width] in any format: [ids.count, width] f32.
  /// The caller has checked the ids against the table.
  func rows(_ ids: [Int32], of table: Weight) throws(AllocationError) -> Tensor

  /// Rows `ids` of x [rows, width] f32.
  func rows(_ ids: [Int32], of x: Tensor) throws(AllocationError) -> Tensor

  /// The rows of several [rows, width] f32 tensors, one after the other.
  func join(_ parts: [Tensor]) throws(AllocationError) -> Tensor

  /// Splits images [batch, channels, side, side] into patches, row by row:
  /// [batch * squares, channels * patchSide * patchSide].
  func patches(of images: Tensor, patchSide: Int) throws(AllocationError) -> Tensor

  /// The same elements as another float type, f32 or bf16.
  func convert(_ x: Tensor, to type: ElementType) throws(AllocationError) -> Tensor
}

extension Operations {
  public func zeros(_ shape: [Int]) throws(AllocationError) -> Tensor {
    try upload(Tensor(.f32, shape: shape))
  }

  public func angles(of rotary: RotaryEmbedding, at positions: [Int32]) throws(AllocationError)
    -> RotaryAngles
  {
    try rotary.angles(at: positions)
  }

  /// A parameter as models use it: a vector as F32, a matrix in place.
  public func adopt(_ weight: Weight) throws(AllocationError) -> Weight {
    try weight.rows == 1 ? vector(weight) : upload(weight)
  }

  /// The linear layer alone.
  public func linear(_ x: Tensor, weight: Weight, bias: Weight?) throws(AllocationError) -> Tensor {
    try linear(x, weight: weight, bias: bias, activation: nil)
  }
}

/// Operations that compute nothing and read nothing, and count the memory that others would hold
/// doing the same: a rehearsal. Their results have shapes alone.
public protocol CountingOperations: Operations {
  var count: MemoryCount { get }
}

/// Elements whose squares are added before their sum joins the others: the same for every machine.
public let normBlock = 4096

extension Operations {
  /// The sum of squares of x, added in blocks in their order.
  public func squaredNorm(_ x: Tensor) -> Double { squares(x).reduce(0, +) }
}
