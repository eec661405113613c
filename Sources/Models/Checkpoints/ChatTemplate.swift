// Finds the chat template that a checkpoint carries, as text: nothing here runs it.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// A checkpoint's chat template and the file that holds it.
public struct ChatTemplate: Equatable, Sendable {
  public let text: String
  public let path: String

  /// The template of the model at `path`, a directory, a weights file in one, or a GGUF model; nil
  /// where it has none. The processor's own goes before the tokeniser's.
  ///
  /// Throws `checkpoint/not-found`, what reading throws, or `checkpoint/chat-template` for a
  /// template that is no text.
  public static func find(in path: String) throws(Failure) -> ChatTemplate? {
    let path = try HubCache.resolve(path)
    if let model = try GGUFModel.find(path) { return try model.chatTemplate() }
    let directory = try self.directory(of: path)
    try OutputClaims.checkDirectory(directory.path)
    let jinja = directory.path(of: "chat_template.jinja")
    if try directory.contains("chat_template.jinja") {
      let bytes = try readWholeFile(jinja, limit: sizeLimit)
      guard let text = String(validating: bytes, as: UTF8.self) else { throw noText(jinja) }
      return ChatTemplate(text: text, path: jinja)
    }
    for name in ["chat_template.json", "processor_config.json", "tokenizer_config.json"]
    where try directory.contains(name) {
      let path = directory.path(of: name)
      let object = try readObject(path, limit: ModelSource.configLimit)
      guard let value = object["chat_template"], value != .null else { continue }
      guard let text = value.string ?? defaultTemplate(value) else { throw noText(path) }
      return ChatTemplate(text: text, path: path)
    }
    return nil
  }

  static let sizeLimit = 1 << 20

  /// Several templates have names; `default` is the one for conversations.
  private static func defaultTemplate(_ value: JSONValue) -> String? {
    value.array?.compactMap(\.object)
      .first { $0["name"] == .string("default") }?["template"]?.string
  }

  private static func directory(of path: String) throws(Failure) -> Directory {
    guard try fileExists(path), let directory = try Directory(holding: path) else {
      throw Failure(
        .inputOutput, code: "checkpoint/not-found", at: path,
        "there is no such file or directory", remedy: "check the path")
    }
    return directory
  }

  static func noText(_ path: String) -> Failure {
    Failure(
      .invalidInput, code: "checkpoint/chat-template", at: path,
      "expected the chat template to be a text", remedy: "choose one with --template")
  }
}
