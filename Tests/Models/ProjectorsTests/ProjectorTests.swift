// The projector against PyTorch: two layers with GELU, and one linear layer.
// SPDX-License-Identifier: Apache-2.0
import CPU
import Checkpoints
import Operations
import Tensors
import TestSupport
import Testing

@testable import Projectors

struct ProjectorTests {
  private func project(_ name: String, set: String, precision: Precision) throws
    -> (found: [Float], expected: [Float], width: Int)
  {
    let golden = try GoldenModel(name)
    let kernels = try #require(KernelSet(named: set))
    let operations = try CPUOperations(kernels: kernels, threads: 2, precision: precision)
    let projector = try Projector(
      ModelDirectory.open(model: golden.path).projectorCheckpoint(), operations: operations)
    let source = name == "llava-original" ? try GoldenModel("clip-42") : golden
    let features = try source.tensor("features")
    let rows = features.count / projector.config.inputWidth
    let found = try projector(features.reshaped([rows, projector.config.inputWidth]))
    return (found.floatValues, try golden.floats("embeddings"), projector.config.outputWidth)
  }

  @Test(arguments: ["llava-hf", "llava-original"], KernelSet.runnable.map(\.name))
  func agreesWithPyTorch(model: String, set: String) throws {
    let exact = try project(model, set: set, precision: .f32)
    expectClose(exact.found, exact.expected, relative: 1e-5)
    let rounded = try project(model, set: set, precision: .bf16)
    #expect(smallestCosine(rounded.found, rounded.expected, width: rounded.width) > 0.9995)
  }

  /// Those that were trained beside an adapter.
  @Test(arguments: [("projector-inside", "llava-hf"), ("two-files", "llava-original")])
  func ofAdapters(adapter: String, base: String) throws {
    let path = "\(packageRoot)/Tests/Golden/adapters/\(adapter)"
    let operations = try CPUOperations(
      kernels: #require(KernelSet(named: "scalar")), threads: 1, precision: .f32)
    let projector = try Projector(
      ModelDirectory.open(model: GoldenModel(base).path, projector: path).projectorCheckpoint(),
      operations: operations)
    let features = try GoldenModel(base).tensor("features")
    let found = try projector(features.reshaped([features.count / 32, 32]))
    let expected = try SafetensorsFile(path: "\(path)/expected.safetensors")
      .tensor(named: "embeddings")
    expectClose(found.floatValues, expected.floatValues, relative: 1e-5)
  }
}
