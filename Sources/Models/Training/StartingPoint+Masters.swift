// The f32 weights that a run begins with: copies of what is mapped, and what is drawn.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Glibc
import InputOutput
import Operations
import Tensors
import TrainingData

extension StartingPoint {
  /// The masters of what `plan` trains. What no checkpoint gives is drawn: a function of `seed`, the
  /// parameter's name and the element's place.
  ///
  /// Weights and biases of a fresh projector and an adapter's first matrices are uniform within
  /// 1 / sqrt(inputs) (reference: PyTorch's Linear, peft's LoraLayer); an adapter's second matrices
  /// are zeros, or normal with the deviation `adapterDeviation`.
  public func masters(
    _ plan: TrainingPlan, seed: UInt64, adapterDeviation: Double = 0, operations: any Operations
  ) throws(AllocationError) -> TrainedParameters<Tensor> {
    var mapped: [String: Weight] = [:]
    let given =
      (vision?.parameters.named ?? []) + (projector?.named ?? []) + language.named
      + (adapter?.named ?? [])
    for (name, weight) in given { mapped[name] = weight }
    let shapes = shapes(plan)
    var widths: [String: Int] = [:]
    for (name, shape) in shapes.named { widths[name] = shape.last }
    return try shapes.map { (name, shape) throws(AllocationError) in
      if let weight = mapped[name] { return try Self.copy(weight, shape, operations) }
      let tensor = try Tensor(.f32, shape: shape)
      let inputs = widths[name.replacing(".bias", with: ".weight")] ?? 1
      if name.hasSuffix("lora_B.weight") {
        if adapterDeviation > 0 { Self.drawNormal(tensor, name, seed, adapterDeviation) }
      } else {
        Self.drawUniform(tensor, name, seed, bound: 1 / Double(inputs).squareRoot())
      }
      return try operations.upload(tensor)
    }
  }

  /// The projector as it begins, f32; nil where there is none, or where it is drawn.
  public func projectorCopy(_ operations: any Operations) throws(AllocationError)
    -> ProjectorParameters<Tensor>?
  {
    guard let projector else { return nil }
    return try projector.map { (name, weight) throws(AllocationError) in
      let isVector = name.hasSuffix(".bias")
      let shape = isVector ? [weight.columns] : [weight.rows, weight.columns]
      return try Self.copy(weight, shape, operations)
    }
  }

  private static func copy(_ weight: Weight, _ shape: [Int], _ operations: any Operations)
    throws(AllocationError) -> Tensor
  {
    let copy = try operations.rows((0..<Int32(weight.rows)).map { $0 }, of: weight).reshaped(shape)
    // The copy is what is read from now on.
    weight.withUnsafeBytes { MappedFile.releasePages(of: $0) }
    return copy
  }

  private static func drawUniform(_ tensor: Tensor, _ name: String, _ seed: UInt64, bound: Double) {
    fill(tensor, name, seed) { draws, index in Float((2 * draws.uniform(index) - 1) * bound) }
  }

  /// Box and Muller's method, one number of each pair.
  private static func drawNormal(
    _ tensor: Tensor, _ name: String, _ seed: UInt64, _ deviation: Double
  ) {
    fill(tensor, name, seed) { draws, index in
      let radius = sqrt(-2 * log(1 - draws.uniform(2 * index)))
      return Float(deviation * radius * cos(2 * .pi * draws.uniform(2 * index + 1)))
    }
  }

  private static func fill(
    _ tensor: Tensor, _ name: String, _ seed: UInt64,
    _ value: (PlacedRandom, _ index: UInt64) -> Float
  ) {
    // FNV-1a: a place that does not depend on what else is trained.
    let place = name.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
    let draws = PlacedRandom(seed: seed, for: .initialisation, place)
    tensor.withUnsafeMutableBytes { bytes in
      for (index, _) in bytes.bindMemory(to: Float.self).enumerated() {
        bytes.storeBytes(
          of: value(draws, UInt64(index)), toByteOffset: 4 * index, as: Float.self)
      }
    }
  }
}
