// Names of models in Ollama's store.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// `ollama:NAME`, `ollama:NAME:TAG`, `ollama:USER/NAME:TAG` or `ollama:HOST/USER/NAME:TAG`.
struct OllamaName {
  /// The registry that it was pulled from; nil for any.
  let host: String?
  let user: String
  let name: String
  let tag: String

  /// Nil for a text that does not begin with `ollama:`. Throws `checkpoint/not-found` for one that
  /// goes on otherwise.
  static func find(in text: String) throws(Failure) -> OllamaName? {
    guard text.hasPrefix(prefix), try !fileExists(text) else { return nil }
    guard let name = OllamaName(text) else {
      throw Failure(
        .inputOutput, code: "checkpoint/not-found", at: text,
        "expected ollama:NAME, ollama:NAME:TAG or ollama:HOST/USER/NAME:TAG",
        remedy: "write the name as `ollama list` prints it")
    }
    return name
  }

  /// Nil for what does not begin so or is no name.
  init?(_ text: String) {
    guard text.hasPrefix(Self.prefix) else { return nil }
    var names = String(text.dropFirst(Self.prefix.count)).split(atByte: UInt8(ascii: "/"))
    guard (1...3).contains(names.count), let last = names.popLast() else { return nil }
    let (name, tag) = Self.halves(last)
    self.name = name
    self.tag = tag ?? "latest"
    user = names.popLast() ?? "library"
    host = names.popLast()
    let host = host.map(Self.halves)
    let parts = [host?.name, host?.rest, user, name, self.tag].compactMap { $0 }
    guard parts.allSatisfy(HubCache.isPartOfName) else { return nil }
  }

  private static let prefix = "ollama:"

  /// What stands before and after a colon: a name and its tag, a host and its port.
  private static func halves(_ text: String) -> (name: String, rest: String?) {
    let parts = text.split(atByte: UInt8(ascii: ":"))
    return (parts[0], parts.count > 1 ? parts.dropFirst().joined(separator: ":") : nil)
  }

  /// As `ollama pull` takes it.
  var pulled: String {
    let shortened = host == nil && user == "library"
    return (shortened ? "" : (host.map { "\($0)/" } ?? "") + "\(user)/") + "\(name):\(tag)"
  }
}
