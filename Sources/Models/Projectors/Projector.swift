// The projector between the vision tower and the language model.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import Operations
import Tensors

/// H = W Z (LLaVA, arXiv 2304.08485, section 4.1), or the multi-layer form of LLaVA-1.5: linear
/// layers with the exact GELU between them, or nothing at all (identity).
public struct Projector: Sendable {
  public let config: ProjectorConfig
  let operations: any Operations
  let parameters: ProjectorParameters<Weight>

  /// Uses the memory-mapped weights in place, and the biases as f32.
  public init(_ checkpoint: ProjectorCheckpoint, operations: any Operations) throws {
    config = checkpoint.config
    self.operations = operations
    parameters = try checkpoint.parameters().map { try operations.adopt($1) }
  }

  /// Uses parameters that `operations` adopted or made; later changes to them, in place, take effect.
  public init(
    _ config: ProjectorConfig, _ parameters: ProjectorParameters<Weight>,
    operations: any Operations
  ) {
    (self.config, self.parameters, self.operations) = (config, parameters, operations)
  }

  /// Features [rows, inputWidth] f32 to word embeddings [rows, outputWidth] f32.
  public func callAsFunction(_ features: Tensor) throws(AllocationError) -> Tensor {
    var rows = features
    for (index, layer) in parameters.layers.enumerated() {
      rows = try operations.linear(
        rows, weight: layer.weight, bias: layer.bias,
        activation: index + 1 < parameters.layers.count ? .gelu : nil)
    }
    return rows
  }
}
