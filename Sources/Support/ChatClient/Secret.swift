// The API key of a server: read from a private place, and never shown.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTP
import InputOutput
import JSON

/// A key. Its description does not reveal it.
public struct Secret: Sendable, CustomStringConvertible {
  private let text: String

  public var description: String { Self.shown }

  /// What replaces it wherever it occurs.
  private static let shown = "[key]"
  /// Shorter ones keep nothing secret, and would be found in ordinary words.
  private static let fewestBytes = 8
  private static let mostBytes = 16384

  /// The key in `text`, white space around it left out. `place` says where it was found.
  ///
  /// Throws `usage/key` where it is empty or cannot stand in a header.
  public init(_ text: String, from place: String) throws(Failure) {
    let text = strippingWhitespace(text)
    guard !text.isEmpty else {
      throw Failure(
        .usage, code: "usage/key", at: place, "expected a key, found nothing",
        remedy: "where the server wants none, leave the option out")
    }
    guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }), text.utf8.count <= Self.mostBytes
    else {
      throw Failure(
        .usage, code: "usage/key", at: place,
        "expected a key on one line, without spaces inside and in ASCII, found something else")
    }
    self.text = text
  }

  /// The key in the file or pipe `path`.
  public init(file path: String) throws(Failure) {
    let source = try FileSource(path: path)
    var bytes: [UInt8] = []
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 1)
    defer { chunk.deallocate() }
    while bytes.count <= Self.mostBytes {
      let count = try source.read(into: chunk)
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    try self.init(String(decoding: bytes, as: UTF8.self), from: path)
  }

  /// The key in the environment's variable `name`; nil where that is not set or empty.
  public init?(environment name: String) throws(Failure) {
    guard let value = getenv(name).map({ String(cString: $0) }), !value.isEmpty else { return nil }
    try self.init(value, from: name)
  }

  /// The line that shows it to the server.
  public var header: String { "Authorization: Bearer \(text)" }

  /// `text` without the key: servers repeat what they are told.
  public func redacted(_ text: String) -> String {
    let key = Array(self.text.utf8)
    guard key.count >= Self.fewestBytes else { return text }
    let bytes = Array(text.utf8)
    guard bytes.firstRange(of: key) != nil else { return text }
    var (kept, rest) = ([UInt8](), bytes[...])
    while let found = rest.firstRange(of: key) {
      kept += rest[..<found.lowerBound]
      kept += Self.shown.utf8
      rest = rest[found.upperBound...]
    }
    return String(decoding: kept + rest, as: UTF8.self)
  }

  /// The same for every text and name in `value`.
  public func redacted(_ value: JSONValue) -> JSONValue {
    switch value {
    case .string(let text): return .string(redacted(text))
    case .array(let items): return .array(items.map(redacted))
    case .object(let object):
      var own = JSONObject()
      for (name, member) in object.members { own[redacted(name)] = redacted(member) }
      return .object(own)
    default: return value
    }
  }

  /// Throws `usage/key-in-clear` where everyone on the way to `address` could read the key.
  public func checkIsSafe(on address: HTTPAddress, unixSocket: String?) throws(Failure) {
    guard address.scheme == "http", !address.isLoopback, unixSocket == nil else { return }
    throw Failure(
      .usage, code: "usage/key-in-clear", at: escapedForTerminal(address.shown),
      "http would show the key to everyone on the way",
      remedy: "use https; for a network that you trust, --send-key-in-clear;"
        + " for a server without a key, --no-key")
  }
}
