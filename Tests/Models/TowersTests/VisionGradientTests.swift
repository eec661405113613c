// The vision tower with what its gradient needs: the numbers of inference, and differences of it.
// SPDX-License-Identifier: Apache-2.0
import CPU
import Checkpoints
import Operations
import Tensors
import TestSupport
import Testing

@testable import Towers

struct VisionGradientTests {
  static let sets = KernelSet.runnable.map(\.name)

  private func operations(_ set: String, _ precision: Precision, threads: Int = 2) throws
    -> CPUOperations
  {
    try CPUOperations(
      kernels: try #require(KernelSet(named: set)), threads: threads, precision: precision)
  }

  /// A golden tower with copies of its weights that may be changed.
  private func tower(_ name: String, _ operations: CPUOperations, keepsClassToken: Bool = false)
    throws -> (tower: VisionTower, weights: VisionParameters<Tensor>, pixels: Tensor)
  {
    let golden = try GoldenModel(name)
    let checkpoint = try ModelDirectory.open(model: golden.path).visionCheckpoint()
    let shapes = checkpoint.config.expectedParameters(blocks: checkpoint.blocks)
      .prefix(checkpoint.blocks)
    var weights: [String: Weight] = [:]
    for (name, weight) in try checkpoint.parameters().named { weights[name] = weight }
    let copies = try shapes.map { name, expected in
      let weight = try #require(weights[name])
      let rows = try operations.rows((0..<Int32(weight.rows)).map { $0 }, of: weight)
      return rows.reshaped(expected.shape)
    }
    let tower = VisionTower(
      checkpoint.config, copies.map { Weight(f32: $1) }, keepsClassToken: keepsClassToken,
      operations: operations)
    return (tower, copies, try golden.tensor("pixels"))
  }

  private func gradients(
    _ tower: VisionTower, _ pixels: Tensor, _ dfeatures: Tensor,
    like weights: VisionParameters<Tensor>, recomputedLayers: Int = 0
  ) throws -> VisionParameters<Tensor> {
    let sums = try weights.map { try Tensor(.f32, shape: $1.shape) }
    let (_, record) = try tower.forward(pixels, recomputedLayers: recomputedLayers)
    try tower.addGradient(dfeatures, of: record, into: sums)
    return sums
  }

  @Test(arguments: sets, Precision.allCases)
  func trainingSeesWhatInferenceSees(set: String, precision: Precision) throws {
    for name in VisionTowerTests.models {
      for keepsClassToken in [false, true] {
        let operations = try operations(set, precision)
        let (tower, _, pixels) = try tower(name, operations, keepsClassToken: keepsClassToken)
        let before = pixels.floatValues
        let features = try tower.forward(pixels).features
        let hasSameBytes = features.hasSameBytes(as: try tower(pixels))
        #expect(hasSameBytes, "\(name)")
        #expect(features.shape[0] == pixels.shape[0] * tower.rowsPerImage)
        let isUntouched = pixels.floatValues == before
        #expect(isUntouched)
      }
    }
  }

  /// Neither threads nor what layers keep change a bit.
  @Test(arguments: sets, Precision.allCases)
  func dependsNeitherOnThreadsNorOnWhatIsKept(set: String, precision: Precision) throws {
    var found: [[[Float]]] = []
    for (threads, recomputed) in [(1, 0), (3, 1), (2, .max)] {
      let operations = try operations(set, precision, threads: threads)
      let (tower, weights, pixels) = try tower("clip-42", operations)
      let dfeatures = try noise(pixels.shape[0] * tower.rowsPerImage, tower.config.width)
      let sums = try gradients(
        tower, pixels, dfeatures, like: weights, recomputedLayers: recomputed)
      found.append(sums.named.map(\.value.floatValues))
    }
    #expect(found[0] == found[1])
    #expect(found[0] == found[2])
    #expect(found[0].allSatisfy { $0.contains { $0 != 0 } && $0.allSatisfy(\.isFinite) })
  }

  private func noise(_ rows: Int, _ width: Int) throws -> Tensor {
    var random = SeededGenerator(seed: 71)
    return try Tensor(random.floats(rows * width), shape: [rows, width])
  }

  /// Along a random direction of each parameter's own, the loss sum(dfeatures features) changes by
  /// what the gradient says; differences in f32 are good to a thousandth.
  @Test(arguments: sets, [false, true])
  func agreesWithDifferences(set: String, keepsClassToken: Bool) throws {
    let operations = try operations(set, .f32)
    let (tower, weights, pixels) = try tower(
      "llava-hf", operations, keepsClassToken: keepsClassToken)
    let dfeatures = try noise(pixels.shape[0] * tower.rowsPerImage, tower.config.width)
    let sums = try gradients(tower, pixels, dfeatures, like: weights)
    func loss() throws -> Double {
      let features = try tower(pixels).floatValues
      return zip(features, dfeatures.floatValues).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    var random = SeededGenerator(seed: 72)
    let whole = sums.named.reduce(0.0) { $0 + norm($1.value) }
    for ((name, weight), sum) in zip(weights.named, sums.named.map(\.value)) {
      let start = weight.floatValues
      // As large as the weights themselves, so that the way is about as curved for each of them.
      let size = Float(norm(weight) / Double(weight.count).squareRoot())
      let direction = random.floats(weight.count).map { size * $0 }
      let step = Float(0x1p-5)
      func moved(_ steps: Float) throws -> Double {
        weight.write(zip(start, direction).map { $0 + steps * step * $1 })
        defer { weight.write(start) }
        return try loss()
      }
      let difference =
        (8 * (try moved(1) - moved(-1)) - (try moved(2) - moved(-2))) / (12 * Double(step))
      let expected = zip(direction, sum.floatValues).reduce(0) {
        $0 + Double($1.0) * Double($1.1)
      }
      let bound = 2e-3 * norm(sum) * norm(direction) / Double(direction.count).squareRoot()
      #expect(
        abs(difference - expected) < bound + 1e-5 * whole,
        "\(name): \(expected), differences \(difference), bound \(bound) + \(1e-5 * whole)")
    }
  }

  private func norm(_ tensor: Tensor) -> Double { norm(tensor.floatValues) }

  private func norm(_ values: [Float]) -> Double {
    values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
  }
}

extension Tensor {
  fileprivate func write(_ values: [Float]) {
    withUnsafeMutableBytes { bytes in
      values.withUnsafeBytes { bytes.copyMemory(from: $0) }
    }
  }
}
