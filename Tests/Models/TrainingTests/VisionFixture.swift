// The small model whose tower is trained too, and questions about pictures for it.
// SPDX-License-Identifier: Apache-2.0
import CPU
import Decoders
import InputOutput
import Operations
import Tensors
import TestSupport
import Tokenizers

@testable import Training

/// The model of the golden case `vision`: of its tower's three layers two run.
struct VisionFixture {
  let start: StartingPoint
  let operations: CPUOperations
  var options = OptimizerOptions(
    rate: 1e-2, schedule: Schedule(.constant, warmupSteps: 0, totalSteps: 10))

  init(threads: Int = 2, precision: Precision = .f32) throws {
    start = try GoldenCase("vision").start
    operations = try CPUOperations(
      kernels: try KernelSet.best(), threads: threads, precision: precision)
  }

  static let plans = [
    TrainingPlan(language: .full, trainsProjector: true, trainsVision: true),
    TrainingPlan(language: .frozen, trainsProjector: false, trainsVision: true),
  ]
  static let everything = plans[0]

  func trainer(
    _ plan: TrainingPlan = everything, recomputed: (vision: Int, language: Int) = (0, 0)
  ) throws -> Trainer {
    let masters = try start.masters(plan, seed: 7, operations: operations)
    var model = try TrainingModel(start, plan, masters: masters, operations: operations)
    model.recomputedVisionLayers = recomputed.vision
    model.kept = KeptActivations(recomputedLayers: recomputed.language)
    return try Trainer(model: model, masters: masters, options: options)
  }

  /// U8 [8, 8, 3].
  static func picture(_ number: Int) throws -> Tensor {
    var random = SeededGenerator(seed: UInt64(number))
    let bytes = (0..<192).map { _ in UInt8.random(in: 0...255, using: &random) }
    return try bytes.withUnsafeBytes { try Tensor(.u8, shape: [8, 8, 3], copying: $0) }
  }

  /// The pictures stand after the first token, a token after each; what is behind the second is
  /// learned.
  func question(
    _ id: String, _ pictures: [Int], _ ids: [Int32], maxLength: Int = 64
  ) throws -> TrainingSequence {
    try TrainingSequence(
      id: id,
      tokens: Prompt.Tokens(
        ids: ids, imagePositions: pictures.indices.map { $0 + 1 },
        imageOrder: Array(pictures.indices), lossSpans: [2..<ids.count]),
      images: try pictures.map(Self.picture), pixelRows: start.vision?.rowsPerImage,
      limits: TrainingSequence.Limits(
        maxLength: maxLength, vocabularyRows: start.language.embedding.rows))
  }

  /// Two questions about pictures of their own, and one about none.
  func batch(_ number: Int) throws -> MicroBatch {
    let tokens = (0..<7).map { Int32((5 * number + 3 * $0) % 33) }
    return MicroBatch(
      [
        try question("q\(number).0", [number], tokens),
        try question("q\(number).1", [], Array(tokens.reversed())),
        try question("q\(number).2", [number + 1, number + 2], Array(tokens.dropLast())),
      ], firstPlace: 3 * number)
  }
}
