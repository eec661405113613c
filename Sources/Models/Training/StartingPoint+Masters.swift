// The f32 weights that a run begins with: copies of what is mapped, and what is drawn.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Initialisation
import InputOutput
import Operations
import Tensors

extension StartingPoint {
  /// The master weights of what `plan` trains. What no checkpoint holds is random: a function of `seed`, the
  /// parameter's name and the element's place.
  ///
  /// Weights and biases of a fresh projector and an adapter's first matrices are uniform within
  /// 1 / sqrt(inputs) (reference: PyTorch's Linear, peft's LoraLayer); an adapter's second matrices
  /// are zeros, or normal with the standard deviation `adapterDeviation`.
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
      let distribution: Distribution =
        name.hasSuffix("lora_B.weight")
        ? adapterDeviation > 0 ? .normal(deviation: adapterDeviation) : .constant(0)
        : .linear(inputs: inputs)
      distribution.fill(tensor, name: name, seed: seed)
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
}
