// vicuna-decode --chat: chat requests become prompts, answers become replies.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Chat
import Conversations
import Generation
import InputOutput
import Inspection
import JSON
import ModelSupport
import Records
import ToolSupport

/// How chat requests are read, if they are.
struct ChatOptions: ParsableArguments {
  @Flag(help: "Answer chat requests as chat-complete does.")
  var chat = false

  @Option(
    help: ArgumentHelp("Conversation template for --chat (default: the model's).", valueName: "key")
  )
  var template: String?

  func validate() throws {
    guard let template else { return }
    if ConversationTemplate.named(template)?.style == .plain {
      throw ValidationError("--template \(template) has no place for roles: name another")
    }
    guard chat else {
      throw ValidationError("--template needs --chat: other records have their prompt")
    }
    guard ConversationTemplate.named(template) != nil else {
      let keys = ConversationTemplate.catalogue.map(\.key).joined(separator: ", ")
      throw ValidationError("--template must be one of \(keys), found \(template)")
    }
  }

  /// Nil without --chat. Throws what finding the template throws.
  func input(_ models: ModelOptions) throws(Failure) -> ChatInput? {
    guard chat else { return nil }
    if let template { return ChatInput(template: .named(template)) }
    var own: ConversationTemplate?
    for place in [models.language, models.model ?? modelFromEnvironment()] where own == nil {
      if let place { own = try .trained(at: place) }
    }
    return ChatInput(template: own ?? .named("vicuna_v1"))
  }
}

/// Chat requests and replies in a model's template.
struct ChatInput: Sendable {
  private let template: ConversationTemplate

  init?(template: ConversationTemplate?) {
    guard let template else { return nil }
    self.template = template
  }

  /// `record` with its messages written out as its `prompt` too, in the template that it names, if it
  /// does. Throws `chat/messages`, `record/template`.
  func prompted(_ record: Record) throws(Failure) -> Record {
    let template = try ConversationTemplate.named(by: record.object) ?? template
    guard template.style != .plain else {
      throw Failure(
        .mismatch, code: "record/template",
        "the template \(template.key) has no place for roles", remedy: "name another")
    }
    let prompt = try template.prompt(forChat: try ChatRequest.messages(of: record.object))
    var prompted = record
    prompted.object["prompt"] = prompt.json
    return prompted
  }

  /// The reply that stands for `answer`.
  static func reply(_ answer: Answer) -> ChatReply {
    ChatReply(
      text: answer.text, finishReason: answer.finishReason.rawValue,
      usage: [
        "prompt_tokens": .int(answer.promptTokens),
        "completion_tokens": .int(answer.completionTokens),
        "total_tokens": .int(answer.promptTokens + answer.completionTokens),
      ])
  }
}
