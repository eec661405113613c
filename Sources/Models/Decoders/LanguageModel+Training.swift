// The decoder over whole sequences, its loss, and its gradients.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import Operations
import Tensors

/// Where the gradients of a decoder's parameters go; nil for what is frozen.
public struct DecoderGradients: Sendable {
  public var language: LlamaParameters<Tensor>?
  public var adapter: AdapterParameters<Tensor>?

  public init(language: LlamaParameters<Tensor>? = nil, adapter: AdapterParameters<Tensor>? = nil) {
    (self.language, self.adapter) = (language, adapter)
  }

  func layer(_ index: Int) -> LayerGradients {
    LayerGradients(language: language?.layers[index], adapter: adapter?.layers[index])
  }
}

/// The activations that a forward pass over whole sequences keeps for the backward pass.
public final class DecoderRecord {
  let rows: SequenceRows
  /// Removed one by one during the backward pass.
  var layers: [LayerRecord] = []

  init(_ rows: SequenceRows) { self.rows = rows }
}

/// The row of a hidden state, and the token that should follow it.
public struct Target: Equatable, Sendable {
  public var row: Int32
  public var label: Int32

  public init(row: Int32, label: Int32) { (self.row, self.label) = (row, label) }
}

extension LanguageModel {
  /// Forward pass: runs all layers over x [rows, width], whose rows are the sequences `spans`, each from
  /// its first position on. Returns hidden states before the final norm, and what the backward pass needs.
  ///
  /// `sources`: where sequences share a prefix whose rows are in x only once, the row of x for each row
  /// of `spans`; rows of x are numbered in the order of their first use there.
  /// Throws `AllocationError`, and `io/interrupted` between two layers.
  public func forward(
    _ x: Tensor, within spans: [Range<Int>], sources: [Int32]? = nil,
    keeping: KeptActivations = .everything,
    dropout: AdapterDropout? = nil
  ) throws -> (hidden: Tensor, record: DecoderRecord) {
    let record = DecoderRecord(
      try SequenceRows(spans, sources: sources, rotary, dropout: dropout, operations))
    var x = x
    for (index, layer) in layers.enumerated() {
      try Interruption.check("training")
      let (result, activations) = try layer.forward(x, layer: index, record.rows)
      let isKept = index >= keeping.recomputedLayers
      record.layers.append(LayerRecord(input: x, activations: isKept ? activations : nil))
      x = result
    }
    return (x, record)
  }

  /// Backward pass: the gradient of x of `forward` from dhidden [rows, width], which is overwritten; adds
  /// the gradients of the parameters to `gradients`. Consumes the record.
  ///
  /// Throws `AllocationError`, and `io/interrupted` between two layers.
  public func gradient(
    _ dhidden: Tensor, of record: DecoderRecord, into gradients: DecoderGradients
  ) throws -> Tensor {
    for index in layers.indices.reversed() {
      try Interruption.check("training")
      let kept = record.layers.removeLast()
      let activations =
        try kept.activations
        ?? layers[index].forward(kept.input, layer: index, record.rows).activations
      try layers[index].gradient(
        dhidden, of: kept.input, activations, layer: index, record.rows,
        into: gradients.layer(index))
    }
    return dhidden
  }

  /// Rows that go through the output layer at once: logits of a large vocabulary take much memory.
  public static var rowsPerHead: Int { 256 }

  /// The cross-entropy of each target, in their order; and the gradient of `factor` times their sum with
  /// respect to the hidden [rows, width] states before the final norm, of which only the targets' rows go
  /// through the output layer. Adds the gradients of norm and output layer to `gradients`.
  public func crossEntropy(
    _ hidden: Tensor, _ targets: [Target], factor: Float, into gradients: DecoderGradients
  ) throws(AllocationError) -> (losses: [Float], dhidden: Tensor) {
    let dhidden = try operations.zeros(hidden.shape)
    var losses: [Float] = []
    for start in stride(from: 0, to: targets.count, by: Self.rowsPerHead) {
      let block = targets[start..<min(targets.count, start + Self.rowsPerHead)]
      let rows = block.map(\.row)
      let x = try operations.rows(rows, of: hidden)
      let normed = try norm(x)
      let logits = try operations.linear(normed, weight: head, bias: nil)
      losses += operations.crossEntropy(logits, labels: block.map(\.label), factor: factor)
      let dnormed = try operations.inputGradient(logits, weight: head)
      if let language = gradients.language {
        try operations.addWeightGradient(
          logits, normed, to: language.output ?? language.embedding)
        operations.addGainGradient(dnormed, of: x, eps: epsilon, to: language.finalNorm)
      }
      let dx = try operations.rmsNormGradient(dnormed, of: x, gain: finalNorm, eps: epsilon)
      operations.addRows(dx, to: dhidden, at: rows)
    }
    return (losses, dhidden)
  }

  /// Adds the gradients of the embeddings of `ids` from dx [ids.count, width] to `gradients`.
  public func addEmbeddingGradient(
    _ dx: Tensor, of ids: [Int32], into gradients: DecoderGradients
  ) {
    guard let language = gradients.language else { return }
    operations.addRows(dx, to: language.embedding, at: ids)
  }

  /// Bytes per row in a layer that keeps all activations, and in one that keeps only its input.
  static func keptBytesPerRow(_ config: LanguageConfig, rank: Int)
    -> (everything: Int, input: Int)
  {
    let everything = LayerActivations.bytesPerRow(
      width: config.width, mixed: config.heads * config.headWidth,
      shared: config.keyValueHeads * config.headWidth, intermediate: config.intermediateWidth,
      rank: rank)
    return (everything, 4 * config.width)
  }
}
