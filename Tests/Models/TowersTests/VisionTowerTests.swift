// The vision tower against PyTorch, on every set of kernels.
// SPDX-License-Identifier: Apache-2.0
import CPU
import Checkpoints
import Operations
import Tensors
import TestSupport
import Testing

@testable import Towers

struct VisionTowerTests {
  static let models = ["llava-hf", "clip-42"]

  static func features(
    _ model: GoldenModel, set: String, precision: Precision, threads: Int = 2
  ) throws -> [Float] {
    let kernels = try #require(KernelSet(named: set))
    let operations = try CPUOperations(kernels: kernels, threads: threads, precision: precision)
    let directory = try ModelDirectory.open(model: model.path)
    let tower = try VisionTower(directory.visionCheckpoint(), operations: operations)
    return try tower(model.tensor("pixels")).floatValues
  }

  @Test(arguments: models, KernelSet.runnable.map(\.name))
  func agreesWithPyTorchInF32(model: String, set: String) throws {
    let golden = try GoldenModel(model)
    let found = try Self.features(golden, set: set, precision: .f32)
    expectClose(found, try golden.floats("features"), relative: 1e-5)
  }

  @Test(arguments: models, KernelSet.runnable.map(\.name))
  func agreesWithPyTorchInBF16(model: String, set: String) throws {
    let golden = try GoldenModel(model)
    let found = try Self.features(golden, set: set, precision: .bf16)
    let width = try #require(golden.tensor("features").shape.last)
    #expect(smallestCosine(found, try golden.floats("features"), width: width) > 0.9995)
  }

  @Test(arguments: Precision.allCases, KernelSet.runnable.map(\.name))
  func dependsNeitherOnBatchNorThreads(precision: Precision, set: String) throws {
    let golden = try GoldenModel("llava-hf")
    let kernels = try #require(KernelSet(named: set))
    let directory = try ModelDirectory.open(model: golden.path)
    let pixels = try golden.tensor("pixels")
    let together = try Self.features(golden, set: set, precision: precision, threads: 1)
    let operations = try CPUOperations(kernels: kernels, threads: 3, precision: precision)
    let tower = try VisionTower(directory.visionCheckpoint(), operations: operations)
    let apart = try (0..<pixels.shape[0]).flatMap {
      try tower(pixels.rows($0..<$0 + 1)).floatValues
    }
    #expect(together == apart)
  }
}
