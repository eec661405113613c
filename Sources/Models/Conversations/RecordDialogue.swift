// Reads the dialogue and the images out of a record, in each of the shapes that LLaVA's data has.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Records
import Tokenizers

/// Where LLaVA's data says that an image belongs.
let imagePlaceholder = "<image>"

/// What a record says, before anything is made of it.
struct RecordDialogue {
  var dialogue: Dialogue
  /// True where a text that cannot hold an image names the placeholder.
  var hasStrayPlaceholder = false
  /// True when no text said where the images go: they were put in front of the first.
  var hasLooseImages = false

  private let imageCount: Int

  /// Reads `record`. Throws `record/…`, `conversation/…` or `prompt/image-count`.
  init(_ record: JSONObject, _ options: FormatOptions) throws(Failure) {
    imageCount = try Record.imagePaths(of: record).count
    dialogue = Dialogue()
    if let conversations = record["conversations"] {
      try readTurns(conversations, options)
      if !options.isForTraining { try ask(options.question) }
    } else if options.isForTraining {
      throw Failure(
        .invalidInput, code: "record/no-conversations",
        "training needs a record with conversations", remedy: "leave out --train")
    } else {
      let question = try Self.question(record, options)
      dialogue.turns = [turn(.human, question)]
    }
    try placeLooseImages(isTraining: options.isForTraining)
  }

  // `text` is the answer where a record has been through vicuna-decode.
  private static let questionKeys = ["question", "text"]

  /// Whether nothing says what to ask; an image alone is all that `plain` needs.
  static func lacksQuestion(_ record: JSONObject, _ options: FormatOptions) -> Bool {
    let hasImages = (try? Record.imagePaths(of: record))?.isEmpty == false
    return options.question == nil && questionKeys.allSatisfy { record[$0] == nil }
      && !(options.template.style == .plain && hasImages)
  }

  private static func question(_ record: JSONObject, _ options: FormatOptions) throws(Failure)
    -> String
  {
    if let question = options.question { return question }
    for key in questionKeys {
      if let value = record[key] {
        guard let text = value.string else {
          throw Failure(.invalidInput, code: "record/question", "expected `\(key)` to be a text")
        }
        return text
      }
    }
    guard lacksQuestion(record, options) else { return "" }
    throw Failure(
      .invalidInput, code: "record/no-question",
      "the record has no text, question or conversations", remedy: "give a question with --ask")
  }

  private mutating func readTurns(_ value: JSONValue, _ options: FormatOptions) throws(Failure) {
    // The reference passes over an opening that is not the human's, but for v0, which trains on it.
    let keepsOpening = options.isForTraining && options.prompt.writesReferenceV0(options.template)
    guard let entries = value.array, !entries.isEmpty else {
      throw Failure(
        .invalidInput, code: "conversation/empty", "expected `conversations` to be a list of turns")
    }
    for (index, entry) in entries.enumerated() {
      guard let role = entry.object?["from"]?.string, let text = entry.object?["value"]?.string
      else {
        throw Failure(
          .invalidInput, code: "conversation/turn",
          "turn \(index + 1) is not an object with the texts `from` and `value`")
      }
      let speaker: Dialogue.Speaker
      switch role {
      case "human": speaker = .human
      case "gpt": speaker = .assistant
      default:
        throw Failure(
          .invalidInput, code: "conversation/role",
          "turn \(index + 1) is from \(escapedForTerminal(role)), expected human or gpt")
      }
      if index == 0, speaker == .assistant, !keepsOpening { continue }
      dialogue.turns.append(turn(speaker, text))
    }
    while !options.isForTraining, dialogue.turns.last?.speaker == .assistant {
      dialogue.turns.removeLast()
    }
    try checkTurns(isTraining: options.isForTraining)
  }

  private func checkTurns(isTraining: Bool) throws(Failure) {
    let first = dialogue.turns.first?.speaker
    for (index, turn) in dialogue.turns.enumerated() {
      guard (turn.speaker == first) == (index % 2 == 0) else {
        throw Failure(
          .invalidInput, code: "conversation/alternation",
          "human and gpt do not take turns at the dialogue's turn \(index + 1)")
      }
      if turn.isEmpty {
        let isAnswer = turn.speaker == .assistant
        throw Failure(
          .invalidInput,
          code: isAnswer ? "conversation/empty-answer" : "conversation/empty-question",
          "turn \(index + 1) says nothing")
      }
    }
    guard let last = dialogue.turns.last, !isTraining || last.speaker == .assistant else {
      throw Failure(
        .invalidInput, code: "conversation/no-answer", "the dialogue does not end with an answer")
    }
  }

  /// Puts a further question after a dialogue that ended with an answer; the last turns of gpt are
  /// gone by now, so a question in the record gives way.
  private mutating func ask(_ question: String?) throws(Failure) {
    guard let question, let last = dialogue.turns.last else { return }
    let images = last.images
    dialogue.turns[dialogue.turns.count - 1] = turn(.human, question)
    guard !images.isEmpty, dialogue.turns[dialogue.turns.count - 1].images.isEmpty else { return }
    dialogue.turns[dialogue.turns.count - 1].parts.insert(
      contentsOf: images.flatMap { [.image($0), .text("\n")] }, at: 0)
  }

  /// A turn whose placeholders are images, if it is the human's and the record has any.
  private mutating func turn(_ speaker: Dialogue.Speaker, _ text: String) -> Dialogue.Turn {
    let pieces = PlaceholderSplit.pieces(of: text)
    guard pieces.count > 1 else { return Dialogue.Turn(speaker, text.isEmpty ? [] : [.text(text)]) }
    guard speaker == .human, imageCount > 0 else {
      hasStrayPlaceholder = true
      return Dialogue.Turn(speaker, [.text(text)])
    }
    var next = dialogue.imageCount
    var parts: [Dialogue.Part] = []
    for (index, piece) in pieces.enumerated() {
      if index > 0 {
        parts.append(.image(next))
        next += 1
      }
      if !piece.isEmpty { parts.append(.text(piece)) }
    }
    return Dialogue.Turn(speaker, parts)
  }

  /// Images that no text places go before the first question, each on a line of its own.
  private mutating func placeLooseImages(isTraining: Bool) throws(Failure) {
    let placed = dialogue.imageCount
    if placed == 0, imageCount > 0, !isTraining, !dialogue.turns.isEmpty {
      let text = dialogue.turns[0].parts
      var parts = (0..<imageCount).flatMap { [Dialogue.Part.image($0), .text("\n")] }
      if text.isEmpty { parts.removeLast() }
      dialogue.turns[0].parts = parts + text
      hasLooseImages = true
    } else if placed != imageCount {
      throw Failure(
        .mismatch, code: "prompt/image-count",
        "\(counted(placed, "place")) for images, \(counted(imageCount, "image")) in the record")
    }
  }
}

/// Cuts a text at the image placeholders.
enum PlaceholderSplit {
  static func pieces(of text: String) -> [String] {
    let parts = placeholder.split(text)
    var pieces = [""]
    for (piece, isMatch) in parts {
      if isMatch { pieces.append("") } else { pieces[pieces.count - 1] += piece }
    }
    return pieces
  }

  private static let placeholder = PrefixMatcher([imagePlaceholder])
}
