// A training step's gradients against differences of its loss.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Training

struct TrainerTests {
  /// The largest gradient of each parameter against the slope of the loss there.
  @Test(arguments: Fixture.plans)
  func gradientsAreDifferences(plan: TrainingPlan) throws {
    let fixture = try Fixture()
    let trainer = try fixture.trainer(plan)
    let batch = try fixture.batch(1)
    let gradients = try trainer.gradients(of: batch).values
    func loss() throws -> Double { try trainer.gradients(of: batch).loss.sum }
    for (parameter, gradient) in zip(trainer.masters.named, gradients.values) {
      let values = gradient.floatValues
      let index = try #require(values.indices.max { abs(values[$0]) < abs(values[$1]) })
      guard abs(values[index]) > 1e-3 else { continue }
      let at = parameter.value.mutableFloats + index
      let (before, step) = (at.pointee, Float(1e-2))
      at.pointee = before + step
      let above = try loss()
      at.pointee = before - step
      let below = try loss()
      at.pointee = before
      let difference = (above - below) / Double(2 * step)
      #expect(
        abs(difference - Double(values[index])) < 0.02 * abs(difference) + 2e-3,
        "\(parameter.name): \(values[index]), by differences \(difference)")
    }
  }
}
