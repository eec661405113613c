// Writes the messages of a chat request out as a template says.
// SPDX-License-Identifier: Apache-2.0
import Chat
import InputOutput
import Tokenizers

extension ConversationTemplate {
  /// The prompt that asks for the next answer of the assistant. A system message takes the place of
  /// the template's own; the few shots of a request are turns like any others.
  ///
  /// Throws `chat/messages` where a system message stands elsewhere than first, user and assistant
  /// do not take turns, or the user does not have the last word.
  public func prompt(forChat messages: [ChatMessage], options: PromptOptions = .init())
    throws(Failure) -> Prompt
  {
    var template = self
    var turns = messages[...]
    if let first = turns.first, first.role == .system {
      template.system = systemMark + first.content
      turns.removeFirst()
    }
    for (message, number) in zip(turns, turns.indices) {
      let expected: ChatRole = (number - turns.startIndex) % 2 == 0 ? .user : .assistant
      guard message.role == expected else {
        throw fault("message \(number + 1): expected \(expected), found \(message.role)")
      }
    }
    guard turns.last?.role == .user else {
      throw fault("expected a message of the user's last, found none to answer")
    }
    let dialogue = Dialogue(
      turns: turns.map {
        Dialogue.Turn($0.role == .user ? .human : .assistant, [.text($0.content)])
      })
    return template.prompt(for: dialogue, options: options)
  }

  /// What stands before a system text that is not the template's own.
  private var systemMark: String { style == .mpt ? "<|im_start|>system\n" : "" }

  private func fault(_ message: String) -> Failure {
    Failure(
      .invalidInput, code: "chat/messages", message,
      remedy: "send system at most once and first, then user and assistant by turns")
  }
}
