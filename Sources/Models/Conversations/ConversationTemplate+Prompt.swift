// Writes a dialogue out as a template says, for inference and for training.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Tokenizers

extension ConversationTemplate {
  /// The prompt that asks for the answer to the dialogue's last turn.
  public func prompt(for dialogue: Dialogue, options: PromptOptions = .init()) -> Prompt {
    let markup = markup(options)
    var turns = preset.enumerated().map { index, text in
      Dialogue.Turn(index % 2 == 0 ? .human : .assistant, [.text(text)])
    }
    turns +=
      markup == .tags && options.introducesImages
      ? introducingImages(dialogue.turns) : dialogue.turns
    var writer = SegmentWriter(allowing: options.allowedSpecials, markup: markup)
    write(turns, forTraining: false, into: &writer)
    switch style {
    case .single, .two: writer.constant("\(assistant):")
    case .mpt: writer.constant(assistant)
    case .llama2, .plain: break
    }
    return Prompt(template: key, segments: writer.segments, stop: stop)
  }

  /// The sequence that training predicts the answers of. Loss falls on each answer and on what ends
  /// it, by structure: nothing is searched for in the text.
  ///
  /// - Throws: `conversation/plain` when the template is `plain` and the dialogue is not an image
  ///   and its caption.
  public func trainingPrompt(for dialogue: Dialogue, options: PromptOptions = .init())
    throws(Failure) -> Prompt
  {
    let markup = style == .plain ? .none : markup(options)
    var writer = SegmentWriter(allowing: options.allowedSpecials, markup: markup)
    var turns = dialogue.turns
    if style == .plain {
      guard turns.map(\.speaker) == [.human, .assistant], !turns[0].images.isEmpty else {
        throw Failure(
          .mismatch, code: "conversation/plain",
          "the plain template takes one question with an image and one answer")
      }
      // The instruction is not part of the sequence: the caption follows the image at once.
      turns[0].parts = turns[0].images.map { .image($0) }
    }
    if options.writesReferenceV0(self) {
      writeReferenceV0(turns, into: &writer)
    } else {
      write(turns, forTraining: true, into: &writer)
    }
    return Prompt(template: key, segments: writer.segments, stop: stop)
  }

  private func markup(_ options: PromptOptions) -> PromptOptions.ImageMarkup {
    options.usesImageTokens ? .tokens : hasImageMarkup ? .tags : .none
  }

  /// The first turn's images move to an exchange before it, which the assistant acknowledges.
  private func introducingImages(_ turns: [Dialogue.Turn]) -> [Dialogue.Turn] {
    guard var first = turns.first, !first.images.isEmpty else { return turns }
    let images = first.images.map { Dialogue.Part.image($0) }
    first.parts = [.text(strippingWhitespace(first.text))]
    return [.init(.human, images), .init(.assistant, [.text("Received.")]), first]
      + turns.dropFirst()
  }

  private func write(
    _ turns: [Dialogue.Turn], forTraining: Bool, into writer: inout SegmentWriter
  ) {
    switch style {
    case .single, .two, .mpt: writer.constant(system + separator)
    case .llama2, .plain: break
    }
    for (index, turn) in turns.enumerated() {
      let isHuman = turn.speaker == .human
      let loss = forTraining && !isHuman
      let end = isHuman ? separator : secondSeparator ?? separator
      switch style {
      case .single, .two:
        writer.constant((isHuman ? human : assistant) + ":")
        writer.constant(" ", loss: loss)
        writer.content(turn.parts, loss: loss)
        writer.constant(end, loss: loss)
      case .mpt:
        writer.constant(isHuman ? human : assistant)
        writer.content(turn.parts, loss: loss)
        writer.constant(end, loss: loss)
      case .llama2 where isHuman:
        writer.constant((index == 0 ? "" : separator) + "[INST] ")
        if index == 0, !system.isEmpty { writer.constant("<<SYS>>\n\(system)\n<</SYS>>\n\n") }
        writer.content(turn.parts)
        writer.constant(" [/INST]")
      case .llama2:
        writer.constant(" ", loss: loss)
        writer.content(turn.parts, loss: loss)
        writer.constant(" " + end, loss: loss)
      case .plain:
        writer.content(turn.parts, loss: loss)
        if loss || !forTraining { writer.constant(end, loss: loss) }
      }
    }
  }

  /// The string that LLaVA's v0 training built, and its mask.
  private func writeReferenceV0(_ turns: [Dialogue.Turn], into writer: inout SegmentWriter) {
    writer.constant(system + "\n\n")
    for turn in turns {
      let loss = turn.speaker == .assistant
      writer.constant(separator, loss: true)
      writer.constant(" \(loss ? assistant : human): ", loss: loss)
      writer.content(turn.parts, loss: loss)
      writer.constant("\n", loss: loss)
    }
    writer.constant(separator + " ", loss: true)
  }
}
