// From records to sequences, each checked against the model and the recipe.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Recipes
import Records
import Streams
import Tensors
import Tokenizers
import Training

/// What of a record is known without its features.
public struct SequenceMeasure: Equatable, Sendable {
  /// Positions after the cut, rows of images included.
  public var length: Int
  /// Positions before it.
  public var fullLength: Int
  /// Tokens that are learned, where nothing is cut.
  public var targets: Int
}

/// Makes sequences for one model.
public struct SequenceReader: Sendable {
  public let limits: TrainingSequence.Limits
  /// For records without token ids.
  let tokenizer: Tokenizer?
  let recipe: RecipeCheck

  public init(limits: TrainingSequence.Limits, tokenizer: Tokenizer?, recipe: RecipeCheck) {
    (self.limits, self.tokenizer, self.recipe) = (limits, tokenizer, recipe)
  }

  /// The sequence of a record.
  ///
  /// Throws codes `prompt/…`, `tokenizer/…`: the record is at fault; and `recipe/…`: the run is.
  public func sequence(_ record: Record, images: [Tensor]) throws(Failure) -> TrainingSequence {
    try TrainingSequence(
      id: record.id, tokens: tokens(of: record.object), images: images, limits: limits)
  }

  /// What a record with so many rows of images will come to. Throws what `sequence` throws, but for
  /// images that are not those of the prompt.
  public func measure(_ object: JSONObject, imageRows: Int) throws(Failure) -> SequenceMeasure {
    let tokens = try tokens(of: object)
    let targets = tokens.lossSpans.reduce(0) { $0 + $1.count }
    guard targets > 0 else { throw TrainingSequence.nothingToLearn }
    guard let full = checkedSum(tokens.ids.count, imageRows) else {
      throw Failure(.limitExceeded, code: "prompt/too-long", "the sequence is too long")
    }
    return SequenceMeasure(
      length: min(limits.maxLength, full), fullLength: full, targets: targets)
  }

  private func tokens(of object: JSONObject) throws(Failure) -> Prompt.Tokens {
    guard let member = object["prompt"] else {
      throw Failure(
        .invalidInput, code: "prompt/missing", "the record has no `prompt` object",
        remedy: "pass the records through convo-format --train first")
    }
    if var failure = recipe.failure(prompt: member.object) {
      failure.kind = .wholeRun
      throw failure
    }
    let prompt = try Prompt(member)
    if let known = prompt.tokens { return known }
    guard let tokenizer else {
      throw Failure(
        .invalidInput, code: "prompt/no-tokens", "the prompt has no token ids",
        remedy: "give convo-format the model with -m")
    }
    return try prompt.encoded(by: tokenizer)
  }
}
