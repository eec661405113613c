// The projector's forward for training against the one for inference, its gradient by differences.
// SPDX-License-Identifier: Apache-2.0
import CPU
import Checkpoints
import Operations
import Tensors
import TestSupport
import Testing

@testable import Projectors

struct ProjectorTrainingTests {
  private let kernels: KernelSet

  init() throws { kernels = try KernelSet.best() }

  /// A projector from width 5 to width 4, its parameters and some features.
  private func make(depth: Int, precision: Precision = .f32) throws -> (
    projector: Projector, parameters: ProjectorParameters<Tensor>, features: Tensor
  ) {
    let operations = try CPUOperations(kernels: kernels, threads: 2, precision: precision)
    let config = ProjectorConfig(depth: depth, inputWidth: 5, outputWidth: 4)
    var random = SeededGenerator(seed: UInt64(depth))
    let parameters = try config.expectedParameters.map { _, expected in
      try Tensor(random.floats(expected.shape.reduce(1, *)), shape: expected.shape)
    }
    let features = try Tensor(random.floats(35), shape: [7, 5])
    return (
      Projector(config, parameters.map { Weight(f32: $1) }, operations: operations), parameters,
      features
    )
  }

  @Test(arguments: [1, 2, 3], Precision.allCases)
  func bothForwardsGiveTheSameBits(depth: Int, precision: Precision) throws {
    let (projector, _, features) = try make(depth: depth, precision: precision)
    let found = try projector.forward(features).rows
    #expect(found.hasSameBytes(as: try projector(features)))
    #expect(found.shape == [7, 4] && found.floatValues.contains { $0 != 0 })
  }

  /// Of the rows' sum, weighted differently each.
  @Test(arguments: [1, 2, 3])
  func gradientsAreDifferences(depth: Int) throws {
    let (projector, parameters, features) = try make(depth: depth)
    var random = SeededGenerator(seed: 99)
    let weights = random.floats(28)
    func value() throws -> Double {
      zip(try projector(features).floatValues, weights).reduce(0) { $0 + Double($1.0 * $1.1) }
    }
    let gradients = try parameters.map { try Tensor(.f32, shape: $1.shape) }
    let record = try projector.forward(features).record
    let drows = try Tensor(weights, shape: [7, 4])
    try projector.addGradient(drows, of: record, into: gradients)
    for (parameter, gradient) in zip(parameters.named, gradients.named) {
      let largest = gradient.value.floatValues.map(abs).max() ?? 0
      #expect(largest > 0, "\(parameter.name)")
      for index in 0..<parameter.value.count {
        let at = parameter.value.mutableFloats + index
        let (before, step) = (at.pointee, Float(1.0 / 128))
        at.pointee = before + step
        let above = try value()
        at.pointee = before - step
        let below = try value()
        at.pointee = before
        let difference = (above - below) / Double(2 * step)
        let found = gradient.value.floatValues[index]
        #expect(
          abs(difference - Double(found)) < 1e-3 * Double(largest),
          "\(parameter.name)[\(index)]: \(found), by differences \(difference)")
      }
    }
    // Once more is twice as much: gradients are added.
    let once = gradients.named.map(\.value.floatValues)
    try projector.addGradient(drows, of: record, into: gradients)
    for (gradient, before) in zip(gradients.named, once) {
      expectClose(gradient.value.floatValues, before.map { 2 * $0 }, relative: 1e-6)
    }
  }
}
