// A step's gradients as a safetensors file.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import ModelSupport
import Operations
import Tensors
import Training

enum GradientsFile {
  /// Writes `gradients` times `factor` under the names that llava-hf's files give the parameters.
  static func write(
    _ gradients: TrainedParameters<Tensor>, factor: Double, to file: AtomicFile,
    operations: any Operations
  ) throws(Failure) {
    var tensors: [String: Tensor] = [:]
    for (name, gradient) in gradients.named {
      let scaled = try catchingMemory { try operations.join([gradient]).reshaped(gradient.shape) }
      operations.scale(scaled, by: Float(factor))
      tensors[CheckpointLayout.huggingFace.name(of: name) ?? name] = scaled
    }
    try SafetensorsWriter.write(tensors, metadata: [("format", "pt")], to: file)
  }
}
