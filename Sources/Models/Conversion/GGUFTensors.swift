// Which tensors a GGUF file gets, in which format and order.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import GGUF
import InputOutput
import Tensors

/// A tensor of a GGUF file, and what it is made of.
struct GGUFSourceTensor {
  let target: GGUFPlan.Tensor
  /// Its canonical name.
  let canonical: String
  let weights: Weights
  /// The rows that are written, from the first on; a vector is one.
  let rows: Int
  /// llama.cpp's order of queries and keys; nil for the model's own.
  let order: RowOrder?
  /// The format that the whole model's asks for; another than the target's where rows are no whole blocks.
  let wanted: WeightFormat

  /// Throws `quantize/form` for a tensor that the format has no name for.
  init(
    _ canonical: String, of weights: Weights, rows: Int? = nil, order: RowOrder? = nil,
    _ choose: (_ name: String, _ shape: [Int]) -> (wanted: WeightFormat, taken: WeightFormat)
  ) throws(Failure) {
    guard let name = GGUFSpelling.name(of: canonical), var shape = weights.entry(canonical)?.shape
    else {
      throw Failure(
        .mismatch, code: "quantize/form", at: weights.path,
        "GGUF files have no place for \(escapedForTerminal(canonical))")
    }
    if let rows { shape[0] = rows }
    let (wanted, taken) = choose(name, shape)
    (self.canonical, self.weights, self.order, self.wanted) = (canonical, weights, order, wanted)
    self.rows = shape.count > 1 ? shape[0] : 1
    target = GGUFPlan.Tensor(name, taken, shape: shape)
  }
}

extension GGUFSource {
  /// The language model's, as llama.cpp's converter has them: norms in F32, queries and keys in its order.
  func languageTensors(_ format: LanguageFormat) throws(Failure) -> [GGUFSourceTensor] {
    let (config, weights) = (language.config, language.weights)
    var expected = config.expectedParameters
    let hasHead = try language.hasOwnHead()
    if !hasHead { expected.output = nil }
    let turned = RowOrder(pairsOfHeads: config.headWidth)
    var tensors: [GGUFSourceTensor] = []
    for (canonical, _) in expected.named {
      let isTurned = [".q_proj.weight", ".k_proj.weight"].contains(where: canonical.hasSuffix)
      let isVocabulary = VocabularyPlan.tensorNames.contains(canonical)
      tensors.append(
        try GGUFSourceTensor(
          canonical, of: weights, rows: isVocabulary ? rows : nil, order: isTurned ? turned : nil
        ) { name, shape in
          guard shape.count > 1 else { return (.f32, .f32) }
          let isOutput = name == "output.weight" || (!hasHead && name == "token_embd.weight")
          let wanted = format.wanted(name, layers: config.layers, isOutput: isOutput)
          return (wanted, LanguageFormat.fitting(wanted, columns: shape[shape.count - 1]))
        })
    }
    return tensors
  }

  /// The tower's, of the blocks that are run, and the projector's.
  func visionTensors(
    _ vision: VisionCheckpoint, _ projector: ProjectorCheckpoint, _ format: VisionFormat
  ) throws(Failure) -> [GGUFSourceTensor] {
    let tower = vision.config.expectedParameters(blocks: vision.blocks).prefix(vision.blocks)
    let parts: [(weights: Weights, names: [String])] = [
      (vision.weights, tower.named.map(\.name)),
      (projector.weights, projector.config.expectedParameters.named.map(\.name)),
    ]
    var tensors: [GGUFSourceTensor] = []
    for (weights, names) in parts {
      for canonical in names {
        tensors.append(
          try GGUFSourceTensor(canonical, of: weights) { name, shape in
            let taken = format.format(of: name, shape: shape)
            // Those that are kept finer on purpose are no surprise.
            return (taken == .f16 && name != "v.patch_embd.weight" ? format.base : taken, taken)
          })
      }
    }
    return tensors
  }
}
