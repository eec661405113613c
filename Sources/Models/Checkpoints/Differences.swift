// Tells weights that are differences to a base model from a model's own.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Tensors

extension Weights {
  /// The gains of a LLaMA's last norm are about 1 to 2 each; of two models that were trained from the
  /// same weights they differ by thousandths.
  private static let smallestMeanGain = 0.05

  /// Throws `checkpoint/delta` for a language model's weights that are the difference to a base, as
  /// the first LLaVAs and Vicunas were published: they would answer with noise.
  func refuseDifferences() throws(Failure) {
    let gains = try tensor("language.norm.weight").doubles()
    let mean = gains.reduce(0) { $0 + $1.magnitude } / Double(max(1, gains.count))
    guard mean > 0, mean < Self.smallestMeanGain else { return }
    throw Failure(
      .mismatch, code: "checkpoint/delta", at: path,
      "expected a model's weights, found a delta: differences to a base model's (the gains of the"
        + " last norm have a mean of \(mean))",
      remedy: "add them to the LLaMA that they were made from (llava.model.apply_delta of LLaVA,"
        + " fastchat.model.apply_delta of Vicuna), or take a merged edition")
  }
}

extension Checkpoint {
  /// The failure for a checkpoint without `part`, which says what it has instead.
  func lacks(_ part: ModelPart) -> Failure {
    let found = ModelPart.allCases.filter(holds).map { "a \($0.name)" }
    return Failure(
      .invalidInput, code: "checkpoint/no-part", at: path,
      "expected weights of the \(part.name), found "
        + (found.isEmpty ? "tensors of no part of LLaVA" : found.joined(separator: " and ")),
      remedy: "name a directory that holds one with --\(part.rawValue)")
  }
}
