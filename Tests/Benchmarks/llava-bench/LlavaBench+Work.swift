// The kinds of work that are timed.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CPU
import Checkpoints
import Decoders
import Operations
import Projectors
import Tensors
import Towers

extension LlavaBench {
  /// What one repetition does, everything it needs made beforehand.
  func prepare(_ operations: CPUOperations) throws -> () throws -> Void {
    switch mode {
    case .encode: try encode(ModelDirectory.open(model: model), operations)
    case .prefill: try prefill(language(operations))
    case .decode: try decode(language(operations))
    case .matmul: try matmul(operations)
    case .train: try train(operations)
    }
  }

  private func language(_ operations: CPUOperations) throws -> LanguageModel {
    try LanguageModel(
      ModelDirectory.open(model: model).languageCheckpoint(), operations: operations)
  }

  private func encode(
    _ directory: ModelDirectory, _ operations: CPUOperations
  ) throws -> () throws -> Void {
    let tower = try VisionTower(directory.visionCheckpoint(), operations: operations)
    let projector =
      project ? try Projector(directory.projectorCheckpoint(), operations: operations) : nil
    let side = tower.config.imageSize
    let images = try Tensor(noise(batch * 3 * side * side), shape: [batch, 3, side, side])
    return {
      let features = try tower(images)
      let width = features.shape[features.shape.count - 1]
      _ = try projector?(features.reshaped([features.count / width, width]))
    }
  }

  private func prefill(_ language: LanguageModel) -> () throws -> Void {
    return {
      let store = try language.makeAttentionStore(capacity: tokens)
      let last = try language.lastHidden(
        language.embed(ids(tokens, language)), spans: [SequenceSpan(store: store, rows: 0..<tokens)]
      )
      _ = try language.logits(last)
    }
  }

  /// One step of all sequences, which is then undone.
  private func decode(_ language: LanguageModel) throws -> () throws -> Void {
    let stores = try (0..<batch).map { _ in
      try language.makeAttentionStore(capacity: tokens + 1)
    }
    for store in stores {
      _ = try language.forward(
        language.embed(ids(tokens, language)),
        spans: [SequenceSpan(store: store, rows: 0..<tokens)])
    }
    return {
      for store in stores { store.truncate(to: tokens) }
      let spans = stores.enumerated().map { SequenceSpan(store: $1, rows: $0..<$0 + 1) }
      let last = try language.lastHidden(language.embed(ids(batch, language)), spans: spans)
      _ = try language.logits(last)
    }
  }

  func ids(_ count: Int, _ language: LanguageModel) -> [Int32] {
    (0..<count).map { Int32($0 * 7 % language.vocabularyRows) }
  }

  func noise(_ count: Int) -> [Float] {
    (0..<count).map { (index: Int) -> Float in Float(index * 7919 % 255) / 128 - 1 }
  }
}
