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

/// What is known of a record without its features.
public struct SequenceMeasure: Equatable, Sendable {
  /// Positions after truncation, rows of images included.
  public var length: Int
  /// Positions before it.
  public var fullLength: Int
  /// Tokens that are learned; of a record with several images that is cut, those before the cut too.
  public var targets: Int
}

/// Makes sequences for one model.
public struct SequenceReader: Sendable {
  public let limits: TrainingSequence.Limits
  /// For records without token ids.
  let tokenizer: Tokenizer?
  /// The number of feature rows per image in a stream of pixels; nil if streams hold features.
  let pixelRows: Int?
  let recipe: RecipeCheck
  private let seen = TemplateList()

  /// The templates of the records that were read, ascending; some of them where there are many.
  public var templates: [String] { seen.templates.sorted() }

  public init(
    limits: TrainingSequence.Limits, tokenizer: Tokenizer?, pixelRows: Int? = nil,
    recipe: RecipeCheck
  ) {
    (self.limits, self.tokenizer, self.recipe) = (limits, tokenizer, recipe)
    self.pixelRows = pixelRows
  }

  /// The sequence of a record.
  ///
  /// Throws codes `prompt/…`, `tokenizer/…`: the record is at fault; and `recipe/…`: the run is.
  public func sequence(_ record: Record, images: [Tensor]) throws(Failure) -> TrainingSequence {
    try TrainingSequence(
      id: record.id, tokens: tokens(of: record.object), images: images, pixelRows: pixelRows,
      limits: limits)
  }

  /// What a record with so many images, of `imageRows` rows together, will come to. Throws what
  /// `sequence` throws, but where several images leave open what the cut leaves.
  ///
  /// `see` is given the tokens of a record that was measured.
  public func measure(
    _ object: JSONObject, images: Int, imageRows: Int, see: (Prompt.Tokens) -> Void = { _ in }
  ) throws(Failure) -> SequenceMeasure {
    let tokens = try tokens(of: object)
    try TrainingSequence.check(tokens, images: images, limits)
    // One image has its rows at each of its places; several are taken to have one place each.
    let repeats = images == 1 ? tokens.imagePositions.count : 1
    guard let rows = checkedProduct([imageRows, repeats]),
      let full = checkedSum(tokens.ids.count, rows)
    else {
      throw Failure(.limitExceeded, code: "prompt/too-long", "the sequence is too long")
    }
    let isCut = full > limits.maxLength
    let targets = learned(tokens, rowsOfImage: images == 1 ? imageRows : nil, imageRows: imageRows)
    guard targets > 0 else {
      throw isCut
        ? TrainingSequence.nothingToLearn(within: limits) : TrainingSequence.nothingToLearn
    }
    see(tokens)
    return SequenceMeasure(
      length: min(limits.maxLength, full), fullLength: full, targets: targets)
  }

  /// Learned tokens before the cut. Where the rows of each image are not known, none of them counts.
  private func learned(_ tokens: Prompt.Tokens, rowsOfImage: Int?, imageRows: Int) -> Int {
    var (count, before) = (0, 0)
    for index in tokens.lossSpans.joined() {
      while before < tokens.imagePositions.count, tokens.imagePositions[before] <= index {
        before += 1
      }
      let position = index + before * (rowsOfImage ?? 0)
      // The first of all follows nothing.
      let follows = index > 0 || before > 0 && imageRows > 0
      if follows, position < limits.maxLength { count += 1 }
    }
    return count
  }

  /// Takes note of a record that a resumed run passes over.
  func look(at object: JSONObject) {
    if let template = object["prompt"]?.object?["template"]?.string { seen.add(template) }
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
    seen.add(prompt.template)
    if let known = prompt.tokens { return known }
    guard let tokenizer else {
      throw Failure(
        .invalidInput, code: "prompt/no-tokens", "the prompt has no token ids",
        remedy: "give convo-format the model with -m")
    }
    return try prompt.encoded(by: tokenizer)
  }
}

/// A few templates' names; for the thread that runs the tool.
private final class TemplateList: @unchecked Sendable {
  // Sendable: readers are used by one thread.
  private(set) var templates: Set<String> = []
  private static let most = 16

  func add(_ name: String) {
    if templates.count < Self.most, name.utf8.count <= 128 { templates.insert(name) }
  }
}
