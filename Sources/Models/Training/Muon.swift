// Steps of Muon: momentum whose singular values are brought near 1.
// SPDX-License-Identifier: Apache-2.0
import Operations
import Tensors

/// The scalars of a step of Muon for one matrix.
struct MuonStep: Equatable, Sendable {
  /// Before the shape's adjustment.
  var rate: Double
  var decay = 0.0
  var momentum = 0.95
  var adjustment = MuonAdjustment.matchAdamW
  /// For normalisation and clipping.
  var gradientFactor = 1.0
}

/// Muon (Jordan, https://kellerjordan.github.io/posts/muon/), with Nesterov's momentum and the
/// constants and order of PyTorch's `torch/optim/_muon.py`; the iteration is in f32, PyTorch's in bf16.
///
/// With g the gradient times `gradientFactor`: m += (1 - momentum)(g - m); x = g + momentum (m - g),
/// divided by its norm; five times, with A = x xT: x = a x + (b A + c A A) x; p *= 1 - rate decay;
/// p -= rate adjustment x. A matrix of more rows than columns is transposed meanwhile.
struct Muon: Sendable {
  /// The polynomial a s + b s^3 + c s^5 of each singular value s, steep at 0 and near 1 for 0.3 to 1.
  private static let (a, b, c): (Float, Float, Float) = (3.4445, -4.7750, 2.0315)
  private static let iterations = 5
  /// The smallest norm that is divided by.
  private static let leastNorm = 1e-7

  private let operations: any Operations
  /// Of the largest matrix's count.
  private let x, y: Tensor
  /// Of the square of the largest of the matrices' smaller sides.
  private let gram, square: Tensor

  /// Allocates scratch for matrices of `shapes`, so that no step can run out of memory halfway.
  init(_ shapes: [[Int]], operations: any Operations) throws(AllocationError) {
    self.operations = operations.exact
    let counts = Self.counts(shapes)
    x = try operations.zeros([counts.matrix])
    y = try operations.zeros([counts.matrix])
    gram = try operations.zeros([counts.square])
    square = try operations.zeros([counts.square])
  }

  private static func counts(_ shapes: [[Int]]) -> (matrix: Int, square: Int) {
    let smaller = shapes.map { min($0[0], $0[1]) }.max() ?? 0
    return (shapes.map { $0[0] * $0[1] }.max() ?? 0, smaller * smaller)
  }

  /// Bytes of scratch for steps on matrices of `shapes`.
  static func byteCount(_ shapes: [[Int]]) -> Int {
    let counts = counts(shapes)
    return 4 * 2 * (counts.matrix + counts.square)
  }

  /// Floating-point operations of a step on a matrix of `shape`.
  static func floatingPointOperations(_ shape: [Int]) -> Double {
    let (small, large) = (Double(min(shape[0], shape[1])), Double(max(shape[0], shape[1])))
    return Double(iterations) * 2 * small * small * (2 * large + small)
  }

  /// One step, in place: updates the parameter [rows, columns] and `momentum`, and overwrites `gradient`.
  func step(_ parameter: Tensor, gradient: Tensor, momentum: Tensor, _ step: MuonStep) {
    let shape = parameter.shape
    precondition(
      shape.count == 2 && gradient.shape == shape && momentum.shape == shape,
      "a matrix, its gradient and its momentum do not fit together")
    let kept = Float(step.momentum)
    operations.scale(gradient, by: Float(step.gradientFactor * (1 - step.momentum)))
    operations.scale(momentum, by: kept)
    operations.add(gradient, to: momentum)
    let direction = view(x, shape)
    copy(momentum, to: direction)
    operations.scale(direction, by: kept)
    operations.add(gradient, to: direction)
    let change = orthogonalized(direction)
    let factor = step.adjustment.factor(rows: shape[0], columns: shape[1])
    operations.scale(parameter, by: Float(1 - step.rate * step.decay))
    operations.scale(change, by: Float(-step.rate * factor))
    operations.add(change, to: parameter)
  }

  /// `direction`, which lies in `x`, with its singular values near 1: in `x` or `y`.
  private func orthogonalized(_ direction: Tensor) -> Tensor {
    let (rows, columns) = (direction.shape[0], direction.width)
    let norm = operations.squaredNorm(direction).squareRoot()
    operations.scale(direction, by: Float(1 / max(norm, Self.leastNorm)))
    guard rows > columns else { return iterated(direction, view(y, [rows, columns])) }
    let wide = view(y, [columns, rows])
    operations.transpose(direction, into: wide)
    let result = iterated(wide, view(x, [columns, rows]))
    // After an odd number of iterations the result lies in the other one.
    let tall = view(Self.iterations % 2 == 0 ? x : y, [rows, columns])
    operations.transpose(result, into: tall)
    return tall
  }

  /// The iteration on `first` of no more rows than columns; both are used up.
  private func iterated(_ first: Tensor, _ second: Tensor) -> Tensor {
    let side = first.shape[0]
    let (gram, polynomial) = (view(gram, [side, side]), view(square, [side, side]))
    var (current, next) = (first, second)
    for _ in 0..<Self.iterations {
      operations.clear(gram)
      operations.addLinear(current, weight: Weight(f32: current), bias: nil, to: gram)
      operations.clear(polynomial)
      // The Gram matrix is symmetric: times itself transposed is its square.
      operations.addLinear(gram, weight: Weight(f32: gram), bias: nil, to: polynomial)
      operations.scale(polynomial, by: Self.c)
      operations.scale(gram, by: Self.b)
      operations.add(gram, to: polynomial)
      copy(current, to: next)
      operations.scale(next, by: Self.a)
      operations.addInputGradient(polynomial, weight: Weight(f32: current), to: next)
      swap(&current, &next)
    }
    return current
  }

  private func view(_ tensor: Tensor, _ shape: [Int]) -> Tensor {
    tensor.rows(0..<shape[0] * shape[1]).reshaped(shape)
  }

  private func copy(_ source: Tensor, to target: Tensor) {
    operations.clear(target)
    operations.add(source, to: target)
  }
}
