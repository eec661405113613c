// Muon by its definition in doubles, on odd shapes; which parameters it changes; how it repeats.
// SPDX-License-Identifier: Apache-2.0
import CPU
import Operations
import Tensors
import TestSupport
import Testing

@testable import Training

/// A matrix of doubles, row by row, and Muon's step on it in loops.
private struct Matrix {
  var rows, columns: Int
  var values: [Double]

  init(_ rows: Int, _ columns: Int, _ values: [Double]) {
    (self.rows, self.columns, self.values) = (rows, columns, values)
  }

  init(_ shape: [Int], _ values: [Float]) {
    self.init(shape[0], shape[1], values.map(Double.init))
  }

  var transposed: Matrix {
    let values = (0..<columns).flatMap { column in
      (0..<rows).map { self.values[$0 * columns + column] }
    }
    return Matrix(columns, rows, values)
  }

  static func * (left: Matrix, right: Matrix) -> Matrix {
    var product = Matrix(
      left.rows, right.columns, [Double](repeating: 0, count: left.rows * right.columns))
    for row in 0..<left.rows {
      for column in 0..<right.columns {
        for inner in 0..<left.columns {
          product.values[row * right.columns + column] +=
            left.values[row * left.columns + inner] * right.values[inner * right.columns + column]
        }
      }
    }
    return product
  }

  static func * (factor: Double, matrix: Matrix) -> Matrix {
    Matrix(matrix.rows, matrix.columns, matrix.values.map { factor * $0 })
  }

  static func + (left: Matrix, right: Matrix) -> Matrix {
    Matrix(left.rows, left.columns, zip(left.values, right.values).map { $0 + $1 })
  }

  /// Newton and Schulz's five iterations; rows X X^T X whatever the sides are.
  var orthogonalized: Matrix {
    let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    var x = (1 / max(norm, 1e-7)) * self
    for _ in 0..<5 {
      let gram = x * x.transposed
      x = 3.4445 * x + (-4.775 * gram + 2.0315 * (gram * gram)) * x
    }
    return x
  }

  mutating func advance(_ momentum: inout Matrix, _ gradient: Matrix, _ step: MuonStep) {
    let g = step.gradientFactor * gradient
    momentum = step.momentum * momentum + (1 - step.momentum) * g
    let change = (step.momentum * momentum + (1 - step.momentum) * g).orthogonalized
    let ratio: Double =
      switch step.adjustment {
      case .original: max(1, Double(rows) / Double(columns)).squareRoot()
      case .matchAdamW: 0.2 * Double(max(rows, columns)).squareRoot()
      }
    self = (1 - step.rate * step.decay) * self + (-step.rate * ratio) * change
  }
}

struct MuonTests {
  private static let shapes = [
    [1, 1], [1, 9], [9, 1], [2, 2], [3, 7], [7, 3], [17, 16], [16, 17], [33, 5], [5, 70],
  ]

  private func operations(_ kernels: String, _ precision: Precision) throws -> CPUOperations {
    try CPUOperations(
      kernels: try #require(KernelSet(named: kernels)), threads: 2, precision: precision)
  }

  /// Products are in f32 whatever the model's are.
  @Test(arguments: KernelSet.runnable.map(\.name), Precision.allCases)
  func stepsAreTheirDefinition(kernels: String, precision: Precision) throws {
    let operations = try operations(kernels, precision)
    let muon = try Muon(Self.shapes, operations: operations)
    for (shape, adjustment) in Self.shapes.flatMap({ shape in
      MuonAdjustment.allCases.map { (shape, $0) }
    }) {
      var random = SeededGenerator(seed: UInt64(shape[0] * 100 + shape[1]))
      let count = shape[0] * shape[1]
      let start = random.floats(count)
      let (parameter, momentum) = (try Tensor(start, shape: shape), try Tensor(.f32, shape: shape))
      var expected = Matrix(shape, start)
      var expectedMomentum = Matrix(shape, [Float](repeating: 0, count: count))
      for number in 1...3 {
        let gradient = random.floats(count)
        let step = MuonStep(
          rate: 0.05, decay: 0.1, momentum: number == 3 ? 0.5 : 0.95, adjustment: adjustment,
          gradientFactor: number == 2 ? 0.25 : 1)
        muon.step(
          parameter, gradient: try Tensor(gradient, shape: shape), momentum: momentum, step)
        expected.advance(&expectedMomentum, Matrix(shape, gradient), step)
      }
      expectClose(momentum.floatValues, expectedMomentum.values.map { Float($0) }, relative: 1e-6)
      expectClose(parameter.floatValues, expected.values.map { Float($0) }, relative: 1e-5)
    }
  }

  @Test func aMatrixWithoutGradientDecaysAlone() throws {
    let operations = try operations("scalar", .f32)
    let muon = try Muon([[3, 5]], operations: operations)
    let parameter = try Tensor([Float](repeating: 2, count: 15), shape: [3, 5])
    let momentum = try Tensor(.f32, shape: [3, 5])
    muon.step(
      parameter, gradient: try Tensor(.f32, shape: [3, 5]), momentum: momentum,
      MuonStep(rate: 0.5, decay: 0.5))
    #expect(parameter.floatValues == [Float](repeating: 1.5, count: 15))
    #expect(momentum.floatValues.allSatisfy { $0 == 0 })
  }

  @Test func singularValuesComeNearOne() throws {
    let operations = try operations("scalar", .f32)
    let muon = try Muon([[4, 6]], operations: operations)
    var random = SeededGenerator(seed: 3)
    let parameter = try Tensor(.f32, shape: [4, 6])
    muon.step(
      parameter, gradient: try Tensor(random.floats(24), shape: [4, 6]),
      momentum: try Tensor(.f32, shape: [4, 6]), MuonStep(rate: 1, adjustment: .original))
    let change = Matrix([4, 6], parameter.floatValues)
    let gram = change * change.transposed
    for row in 0..<4 {
      for column in 0..<4 {
        let value = gram.values[row * 4 + column]
        #expect(row == column ? (0.4...1.5).contains(value) : abs(value) < 0.4)
      }
    }
  }

  @Test func matricesInsideLayersAreMuons() throws {
    let fixture = try Fixture()
    for plan in Fixture.plans {
      for (name, shape) in fixture.start.shapes(plan).named {
        let isMatrix = shape.count == 2
        let isTable = name.contains("embed_tokens") || name.contains("lm_head")
        let method = Optimizer.muon.method(of: name, shape: shape)
        #expect(method == (isMatrix && !isTable ? .muon : .adamw), "\(name)")
        #expect(Optimizer.adamw.method(of: name, shape: shape) == .adamw)
      }
    }
    let shapes = fixture.start.shapes(Fixture.everything)
    #expect(shapes.muonMatrices(.muon).count == 2 + 7 * fixture.start.languageConfig.layers)
  }

  @Test func ratesAreTheirOwn() {
    var options = OptimizerOptions(
      rate: 1, schedule: Schedule(.constant, warmupSteps: 0, totalSteps: 1))
    let (inside, projector) = ("language.layers.0.mlp.up_proj.weight", "projector.0.weight")
    #expect(options.rate(of: inside, method: .muon) == 1)
    options.muonRate = 2
    #expect(options.rate(of: inside, method: .muon) == 2 && options.rate(of: inside) == 1)
    #expect(options.rate(of: projector, method: .muon) == 2 && options.rate(of: projector) == 1)
    options.projectorRate = 3
    #expect(options.rate(of: projector, method: .muon) == 3 && options.rate(of: projector) == 3)
    #expect(options.rate(of: inside, method: .muon) == 2)
  }

  @Test(arguments: Fixture.plans, Precision.allCases)
  func threadsAndStopsChangeNothing(plan: TrainingPlan, precision: Precision) throws {
    func run(threads: Int, stopping: Bool = false) throws -> String {
      var fixture = try Fixture(threads: threads, precision: precision)
      fixture.options.optimizer = .muon
      var trainer = try fixture.trainer(plan)
      try trainer.step(fixture.batch(1), fixture.batch(2, sequences: 3))
      if stopping {
        trainer = try Trainer(
          model: trainer.model, masters: trainer.masters, options: trainer.options,
          resuming: (trainer.finishedSteps, trainer.states))
      }
      try trainer.step(fixture.batch(3))
      try trainer.checkParameters()
      return trainer.state
    }
    let one = try run(threads: 1)
    #expect(try run(threads: 3) == one)
    #expect(try run(threads: 2, stopping: true) == one)
  }

  /// Muon keeps a number a matrix's element less, and room for the largest.
  @Test func estimatesCountWhatIsKept() throws {
    let fixture = try Fixture()
    let start = fixture.start
    let size = RunSize(rows: 100, rowsOfStep: 300, targetsOfStep: 50, accumulation: 1)
    for plan in Fixture.plans {
      let shapes = start.shapes(plan)
      let matrices = shapes.muonMatrices(.muon)
      let elements = matrices.reduce(0) { $0 + $1[0] * $1[1] }
      let adamW = try fixture.estimate(plan, size)
      let muon = try fixture.estimate(plan, size, optimizer: .muon)
      #expect(adamW.states - muon.states == 4 * elements && elements > 0)
      #expect(
        muon.activations - adamW.activations
          >= Muon.byteCount(matrices) - 4096 * matrices.count)
      #expect(muon.exactOperations > 0 && adamW.exactOperations == 0)
    }
    #expect(
      Muon.byteCount([[3, 7], [8, 2], [4, 4]]) == 8 * (21 + 16) && Muon.byteCount([]) == 0)
    // The Gram matrix, its square, and the product with the matrix.
    #expect(Muon.floatingPointOperations([7, 3]) == 5 * 2 * Double(3 * 3 * 7 + 27 + 3 * 3 * 7))
  }
}
