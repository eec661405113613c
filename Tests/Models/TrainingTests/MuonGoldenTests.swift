// Steps of Muon against torch.optim.Muon's, its iteration in f32 and in bf16 (Tests/Golden/muon).
// SPDX-License-Identifier: Apache-2.0
import CPU
import Checkpoints
import Operations
import Tensors
import TestSupport
import Testing

@testable import Training

struct MuonGoldenTests {
  private static let shapes = [[12, 20], [20, 12], [9, 9], [5, 33], [33, 5], [1, 8]]
  /// The one whose gradients have rank 2.
  private static let poor = [16, 11]

  private let file: SafetensorsFile

  init() throws {
    file = try SafetensorsFile(path: "\(packageRoot)/Tests/Golden/muon/steps.safetensors")
  }

  private func values(_ name: String, step: Int? = nil) throws -> [Float] {
    let tensor = try file.tensor(named: name)
    guard let step else { return tensor.floatValues }
    return tensor.rows(step..<step + 1).floatValues
  }

  private func distance(_ left: [Float], _ right: [Float]) -> Double {
    zip(left, right).reduce(0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }.squareRoot()
  }

  /// How far each step's parameter is from PyTorch's, over what it is from the start.
  private func errors(
    _ shape: [Int], _ rule: MuonAdjustment, _ type: String, _ operations: CPUOperations
  ) throws -> [Double] {
    let name = "\(shape[0])x\(shape[1])"
    let muon = try Muon([shape], operations: operations)
    let start = try values("\(name).start")
    let (parameter, momentum) = (try Tensor(start, shape: shape), try Tensor(.f32, shape: shape))
    return try (0..<3).map { number in
      muon.step(
        parameter, gradient: try Tensor(values("\(name).gradients", step: number), shape: shape),
        momentum: momentum,
        MuonStep(rate: 0.05, decay: 0.1, momentum: 0.95, adjustment: rule))
      let expected = try values("\(name).\(rule.rawValue).\(type)", step: number)
      try #require(expected.count == start.count)
      return distance(parameter.floatValues, expected) / distance(expected, start)
    }
  }

  /// The iteration is in f32 whatever the model's products are.
  @Test(arguments: KernelSet.runnable.map(\.name), Precision.allCases)
  func stepsArePyTorchs(kernels: String, precision: Precision) throws {
    let operations = try CPUOperations(
      kernels: try #require(KernelSet(named: kernels)), threads: 2, precision: precision)
    for rule in MuonAdjustment.allCases {
      for shape in Self.shapes {
        for error in try errors(shape, rule, "f32", operations) {
          #expect(error < 1e-5, "\(shape)")
        }
        // PyTorch's own rounding to bf16, not less: these are two iterations.
        for error in try errors(shape, rule, "bf16", operations) {
          #expect((1e-3..<3e-2).contains(error), "\(shape)")
        }
      }
      for error in try errors(Self.poor, rule, "f32", operations) { #expect(error < 1e-4) }
      for error in try errors(Self.poor, rule, "bf16", operations) { #expect(error > 3e-2) }
    }
  }
}
