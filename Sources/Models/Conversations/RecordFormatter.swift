// Turns a record into the same record with a prompt.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Randomness
import Recipes
import Tokenizers

/// Formats records one at a time; what becomes of one depends on no other.
public struct RecordFormatter: Sendable {
  public private(set) var options: FormatOptions
  private let specials: PrefixMatcher
  private var separators: PrefixMatcher

  public init(_ options: FormatOptions) {
    var options = options
    if options.specials == .allow { options.prompt.allowedSpecials = options.specialNames }
    options.prompt.introducesImages = options.imagePosition == .first && !options.isForTraining
    if let system = options.system { options.template.system = system }
    self.options = options
    specials = PrefixMatcher(options.specialNames)
    separators = PrefixMatcher(options.template.structuralTexts)
  }

  /// The same formatter, which asks `question` whatever a record asks.
  public func asking(_ question: String) -> RecordFormatter {
    var formatter = self
    formatter.options.question = question
    return formatter
  }

  /// The same formatter with the template that `record` names, if it does. Throws `record/template`
  /// for one that is not known, and `recipe/template` for one that the recipe does not have.
  private func with(templateOf record: JSONObject) throws(Failure) -> RecordFormatter {
    guard let template = try ConversationTemplate.named(by: record),
      template.key != options.template.key
    else { return self }
    if let recipe = options.recipe.flatMap({ Recipe.known($0) }), !recipe.hasTemplate(template.key)
    {
      throw Failure(
        .mismatch, code: "recipe/template",
        "expected the template \(recipe.template), as \(recipe.name) has it, found \(template.key)",
        remedy: "leave out the record's `template`, or --recipe")
    }
    var formatter = self
    formatter.options.template = template
    if let system = options.system { formatter.options.template.system = system }
    formatter.separators = PrefixMatcher(template.structuralTexts)
    return formatter
  }

  /// Throws `tokenizer/unknown-special` when the tokeniser lacks a token that every prompt needs.
  public func checkTokenizer() throws(Failure) {
    guard let tokenizer = options.tokenizer else { return }
    let turns = [Dialogue.Turn(.human, [.image(0)]), Dialogue.Turn(.assistant, [.text("a")])]
    let prompt = try options.template.trainingPrompt(
      for: Dialogue(turns: turns), options: options.prompt)
    _ = try prompt.encoded(by: tokenizer)
  }

  /// Whether a record has no text to ask about its images, and none was given for all.
  public func lacksQuestion(_ record: JSONObject) -> Bool {
    record["conversations"] == nil && !options.isForTraining
      && RecordDialogue.lacksQuestion(record, options)
  }

  /// Adds `prompt` to a record that has its id, in the template that it names.
  ///
  /// - Parameter notes: gets what is worth reporting, also when the record is then refused.
  /// - Throws: why the record must be skipped.
  public func format(_ record: JSONObject, notes: inout [FormatNote]) throws(Failure)
    -> JSONObject
  {
    try with(templateOf: record).formatted(record, notes: &notes)
  }

  private func formatted(_ record: JSONObject, notes: inout [FormatNote]) throws(Failure)
    -> JSONObject
  {
    try inspect(record, notes: &notes)
    let read = try RecordDialogue(record, options)
    if read.hasStrayPlaceholder { notes.append(.placeholder) }
    var dialogue = read.dialogue
    // Images put in front leave the question as it is, its outer white space too.
    if !read.hasLooseImages || options.imagePosition != .first {
      dialogue.placeImages(options.imagePosition, draw: draw(record["id"]?.string ?? ""))
    }
    var prompt =
      options.isForTraining
      ? try options.template.trainingPrompt(for: dialogue, options: options.prompt)
      : options.template.prompt(for: dialogue, options: options.prompt)
    prompt.recipe = options.recipe
    if let tokenizer = options.tokenizer {
      prompt.tokens = try fitted(prompt.encoded(by: tokenizer), notes: &notes)
    }
    var record = record
    if record["conversations"] == nil, options.question == nil {
      record.rename("text", to: "question")
    }
    record["prompt"] = prompt.json
    return record
  }

  /// Looks for names of special tokens and for separators in what people say.
  private func inspect(_ record: JSONObject, notes: inout [FormatNote]) throws(Failure) {
    let turns = record["conversations"]?.array?.compactMap { $0.object?["value"]?.string }
    let question = options.question ?? record["question"]?.string ?? record["text"]?.string
    let texts = (turns ?? []) + (turns != nil && options.question == nil ? [] : [question ?? ""])
    if texts.contains(where: { specials.isIn($0) }) {
      notes.append(.special)
      if options.specials == .error { throw refusal(.special, "--special text") }
    }
    if texts.contains(where: { separators.isIn($0) }) {
      notes.append(.separator)
      if options.separators == .error { throw refusal(.separator, "--separators warn") }
    }
  }

  private func refusal(_ note: FormatNote, _ remedy: String) -> Failure {
    Failure(.invalidInput, code: note.code, note.message, remedy: "use \(remedy) to keep it")
  }

  /// The tokens, cut to the longest length where that may be done.
  private func fitted(_ tokens: Prompt.Tokens, notes: inout [FormatNote]) throws(Failure)
    -> Prompt.Tokens
  {
    let features = checkedProduct(tokens.imagePositions.count, options.imageTokens)
    let length = features.flatMap { checkedSum($0, tokens.ids.count) } ?? .max
    var tokens = tokens
    if let limit = options.maxLength, length > limit {
      let room = limit - min(limit, features ?? .max)
      // An image is whole or not there, and one that is not there would shift all others.
      guard options.isForTraining, room >= tokens.imagePositions.last ?? 0, room > 0 else {
        throw Failure(
          .mismatch, code: "prompt/too-long",
          "the sequence has \(length) tokens with \(options.imageTokens) an image, "
            + "expected at most \(limit)", remedy: "raise --max-length")
      }
      tokens.ids.removeLast(tokens.ids.count - room)
      tokens.lossSpans = tokens.lossSpans.map { $0.clamped(to: 0..<room) }.filter { !$0.isEmpty }
      notes.append(.truncated)
    }
    if options.isForTraining, tokens.lossSpans.isEmpty {
      throw Failure(
        .mismatch, code: "prompt/no-loss", "no token is left for training to predict")
    }
    return tokens
  }

  /// A coin that falls for a record always the same way: its id and the seed, mixed.
  private func draw(_ id: String) -> Bool {
    var hash = (nameHash(id) ^ options.seed) &* 0x9e37_79b9_7f4a_7c15
    hash = (hash ^ hash >> 30) &* 0xbf58_476d_1ce4_e5b9
    hash = (hash ^ hash >> 27) &* 0x94d0_49bb_1331_11eb
    return (hash ^ hash >> 31) & 1 == 0
  }
}

extension PrefixMatcher {
  /// Whether one of the pieces occurs in `text`.
  func isIn(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return bytes.indices.contains { match(bytes, at: $0) > 0 }
  }
}
