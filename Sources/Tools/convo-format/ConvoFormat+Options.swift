// What the options come to, the template first: the user's, else the checkpoint's, else LLaVA 1.5's.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Conversations
import InputOutput
import Tokenizers
import ToolSupport

extension ConvoFormat {
  /// Throws what finding the template and loading the tokenizer throw.
  func options() throws(Failure) -> FormatOptions {
    var chosen = try chosenTemplate()
    if let system { chosen.system = system }
    var options = FormatOptions(template: chosen)
    options.isForTraining = train
    options.question = ask.first
    options.imagePosition = imagePosition
    options.seed = seed
    options.tokenizer = try tokenizer.map { (path) throws(Failure) in
      try Tokenizer.load(path: path)
    }
    options.imageTokens = imageTokens
    options.maxLength = maxLength
    options.specials = special
    options.separators = separators
    options.prompt.usesImageTokens = imageMarkers
    options.prompt.compatibility = compat
    return options
  }

  /// Throws `usage/template-for` for an unknown name, `checkpoint/chat-template` where the
  /// checkpoint has a template that is none of ours.
  private func chosenTemplate() throws(Failure) -> ConversationTemplate {
    if let templateFor { return try .forModel(named: templateFor) }
    let own = template == nil ? try ownTemplate() : nil
    guard let chosen = own ?? .named(template ?? "vicuna_v1") else {
      throw Failure(.internalError, code: "internal/template", "no default template")
    }
    return chosen
  }

  /// The template of the checkpoint; nil where there is none, or it does not say.
  private func ownTemplate() throws(Failure) -> ConversationTemplate? {
    guard let path = model ?? modelFromEnvironment(),
      let found = try ChatTemplate.find(in: path)
    else { return nil }
    if let template = ConversationTemplate.recognised(inChatTemplate: found.text) {
      return template
    }
    throw Failure(
      .mismatch, code: "checkpoint/chat-template", at: found.path,
      "expected the chat template of a LLaVA model, found one that writes none of our templates",
      remedy: "choose one with --template")
  }
}
