// Parameters that were trained, in the places of a model's own when it is written.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import Tensors

/// What was trained, F32; nil parts are the model's own.
public struct ReplacedParts: Sendable {
  /// With as many rows of embedding and output layer as the model has. Without an output layer the
  /// embedding serves as that, whatever the model's file holds.
  public var language: LlamaParameters<Tensor>?
  /// Of the tower what features are computed with; the rest stays the model's own.
  public var vision: VisionParameters<Tensor>?
  /// Whether the tower is among what was trained, or will be.
  public var tunesVision: Bool
  /// Without parameters it only says what there will be.
  public var projector: (config: ProjectorConfig, parameters: ProjectorParameters<Tensor>?)?

  public init(
    language: LlamaParameters<Tensor>? = nil,
    vision: VisionParameters<Tensor>? = nil,
    projector: (config: ProjectorConfig, parameters: ProjectorParameters<Tensor>?)? = nil
  ) {
    (self.language, self.vision, self.projector) = (language, vision, projector)
    tunesVision = vision != nil
  }
}

extension ConversionSource {
  /// Every tensor of the result by its canonical name: the type and shape it has here, and where.
  /// A trained one has the type of the model's own, or of its embedding where it has none.
  var tensors: [(canonical: String, entry: TensorEntry, content: PlannedTensor.Content)] {
    var all: [(canonical: String, entry: TensorEntry, content: PlannedTensor.Content)] = []
    let tuned = Set(trained?.vision?.named.map(\.name) ?? [])
    for (part, weights) in parts where part != .language || trained?.language == nil {
      for name in weights.canonicalNames where part != .vision || !tuned.contains(name) {
        if let entry = weights.entry(name) { all.append((name, entry, .stored(weights))) }
      }
    }
    let usual = language.weights.entry("language.embed_tokens.weight")?.elementType ?? .f32
    func add(_ name: String, _ tensor: Tensor, own: TensorEntry?) {
      precondition(own.map { $0.shape == tensor.shape } ?? true, "\(name) has \(tensor.shape)")
      let entry = TensorEntry(elementType: own?.elementType ?? usual, shape: tensor.shape)
      all.append((name, entry, .trained(tensor)))
    }
    for (name, tensor) in trained?.language?.named ?? [] {
      add(name, tensor, own: language.weights.entry(name))
    }
    for (name, tensor) in trained?.vision?.named ?? [] {
      add(name, tensor, own: vision?.weights.entry(name))
    }
    for (name, tensor) in trained?.projector?.parameters?.named ?? [] {
      add(name, tensor, own: nil)
    }
    return all
  }
}

extension PlannedTensor.Content {
  /// The tensor called `canonical`, its bytes verified where their format can tell.
  func tensor(_ canonical: String) throws(Failure) -> Tensor {
    switch self {
    case .trained(let tensor): return tensor
    case .stored(let weights):
      try weights.verifyChecksum(of: canonical)
      return try weights.tensor(canonical)
    }
  }

  /// The file that holds it, where there is one.
  var path: String? {
    if case .stored(let weights) = self { weights.path } else { nil }
  }
}
