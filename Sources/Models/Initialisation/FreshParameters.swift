// Which distribution each parameter of a new model has.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints

/// A parameter to initialise, by its canonical name.
struct FreshParameter {
  let name: String
  let shape: [Int]
  let distribution: Distribution
}

extension LanguageConfig {
  /// LLaMA's initialisation in transformers: matrices normal with mean 0 and `deviation`, gains 1.
  /// Tied embeddings have no output layer of their own.
  func freshParameters(deviation: Double) -> [FreshParameter] {
    expectedParameters.named.filter { $0.value.isRequired }.map { name, tensor in
      FreshParameter(
        name: name, shape: tensor.shape,
        distribution: tensor.shape.count == 1 ? .constant(1) : .normal(deviation: deviation))
    }
  }
}

extension ProjectorConfig {
  /// A projector's parameters, initialised like PyTorch's Linear.
  var freshParameters: [FreshParameter] {
    expectedParameters.named.map { name, tensor in
      let inputs = name.hasPrefix("projector.0.") ? inputWidth : outputWidth
      return FreshParameter(
        name: name, shape: tensor.shape, distribution: .linear(inputs: inputs))
    }
  }
}

extension VisionConfig {
  /// CLIP's parameters as transformers' CLIPVisionModel begins them (its `_init_weights`): deviations
  /// fall with the width, in each layer's last matrices with the number of layers too.
  var freshParameters: [FreshParameter] {
    expectedParameters(blocks: layers).named.map { name, tensor in
      FreshParameter(name: name, shape: tensor.shape, distribution: distribution(of: name))
    }
  }

  private func distribution(of name: String) -> Distribution {
    if name.hasSuffix(".bias") { return .constant(0) }
    if name.contains("norm") { return .constant(1) }
    let perWidth = 1 / Double(width).squareRoot()
    let perDepth = 1 / Double(2 * layers).squareRoot()
    if name.hasSuffix("class_embedding") || name.hasSuffix("out_proj.weight") {
      return .normal(deviation: perWidth)
    }
    if name.hasSuffix("fc1.weight") {
      return .normal(deviation: 1 / Double(2 * width).squareRoot())
    }
    if name.contains(".layers.") { return .normal(deviation: perWidth * perDepth) }
    return .normal(deviation: 0.02)
  }
}
