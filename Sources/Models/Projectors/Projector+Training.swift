// The projector with what its gradient needs.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Operations
import Tensors

/// The activations that a projector keeps for the backward pass.
public struct ProjectorRecord: Sendable {
  /// The input of each linear layer [rows, in].
  let inputs: [Tensor]
  /// The input of each activation function [rows, out].
  let preactivations: [Tensor]
}

extension Projector {
  /// Features [rows, inputWidth] f32 to word embeddings [rows, outputWidth] f32, the same numbers as
  /// the projector gives, and what the gradient needs.
  public func forward(_ features: Tensor) throws(AllocationError)
    -> (rows: Tensor, record: ProjectorRecord)
  {
    var (rows, inputs, preactivations) = (features, [Tensor](), [Tensor]())
    for (index, layer) in parameters.layers.enumerated() {
      inputs.append(rows)
      rows = try operations.linear(rows, weight: layer.weight, bias: layer.bias)
      if index + 1 < parameters.layers.count {
        preactivations.append(rows)
        rows = try operations.activate(rows, .gelu)
      }
    }
    return (rows, ProjectorRecord(inputs: inputs, preactivations: preactivations))
  }

  /// Adds the gradients of the parameters from drows [rows, outputWidth] of `forward` to `gradients`; nil
  /// where they are frozen.
  ///
  /// - Returns: the gradient of the features [rows, inputWidth], if that is requested.
  @discardableResult
  public func addGradient(
    _ drows: Tensor, of record: ProjectorRecord, into gradients: ProjectorParameters<Tensor>?,
    reachesFeatures: Bool = false
  ) throws(AllocationError) -> Tensor? {
    var dy = drows
    for index in parameters.layers.indices.reversed() {
      if let gradient = gradients?.layers[index] {
        try operations.addWeightGradient(dy, record.inputs[index], to: gradient.weight)
        operations.addBiasGradient(dy, to: gradient.bias)
      }
      guard index > 0 || reachesFeatures else { return nil }
      dy = try operations.inputGradient(dy, weight: parameters.layers[index].weight)
      guard index > 0 else { break }
      dy = try operations.activationGradient(dy, of: record.preactivations[index - 1], .gelu)
    }
    return reachesFeatures ? dy : nil
  }
}
