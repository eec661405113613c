// The address that requests go to, parsed by the library that will use it.
// SPDX-License-Identifier: Apache-2.0
import CCurl
import InputOutput

/// An `http` or `https` address.
public struct HTTPAddress: Equatable, Sendable {
  /// The whole address, in the spelling that is sent.
  public let text: String
  public let scheme: String
  /// In lower case; an IPv6 address stands in brackets.
  public let host: String

  /// Reads `text`; if its path does not end with `ending`, such as `/chat/completions`, that is appended
  /// to it. A query is kept.
  ///
  /// Throws `usage/url` for anything else, or if it holds a name and a password: arguments are
  /// seen by every user of the machine.
  public init(_ text: String, ending: String) throws(Failure) {
    let url = curl_url()
    defer { curl_url_cleanup(url) }
    let code = curl_url_set(url, CURLUPART_URL, text, 0)
    guard code == CURLUE_OK else {
      throw Self.fault(
        "expected an address such as http://localhost:8000/v1, found '\(text)': "
          + String(cString: curl_url_strerror(code)))
    }
    let scheme = Self.part(url, CURLUPART_SCHEME) ?? ""
    guard scheme == "http" || scheme == "https" else {
      throw Self.fault("expected http:// or https://, found '\(text)'")
    }
    guard Self.part(url, CURLUPART_USER) == nil, Self.part(url, CURLUPART_PASSWORD) == nil else {
      throw Self.fault(
        "expected an address without a name and a password",
        remedy: "arguments are seen by all: give the key in the environment or in a file")
    }
    var path = Self.part(url, CURLUPART_PATH) ?? "/"
    while path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
    if !path.ends(withBytesOf: ending) { path += ending }
    curl_url_set(url, CURLUPART_PATH, path, 0)
    curl_url_set(url, CURLUPART_FRAGMENT, nil, 0)
    guard let whole = Self.part(url, CURLUPART_URL) else {
      throw Self.fault("expected an address, found '\(text)'")
    }
    self.text = whole
    self.scheme = scheme
    host = (Self.part(url, CURLUPART_HOST) ?? "").lowercased()
  }

  /// For messages: without the query, which may hold private data.
  public var shown: String { text.split(atByte: UInt8(ascii: "?"))[0] }

  /// Whether the host is this machine, by its name or by its number.
  public var isLoopback: Bool {
    host == "localhost" || host.ends(withBytesOf: ".localhost") || host == "[::1]"
      || (host.utf8.starts(with: "127.".utf8) && host.utf8.allSatisfy(Self.isNumeric))
  }

  private static func isNumeric(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: ".")
  }

  private static func part(_ url: OpaquePointer?, _ what: CURLUPart) -> String? {
    var found: UnsafeMutablePointer<CChar>?
    guard curl_url_get(url, what, &found, 0) == CURLUE_OK, let found else { return nil }
    defer { curl_free(found) }
    return String(cString: found)
  }

  private static func fault(_ message: String, remedy: String? = nil) -> Failure {
    Failure(.usage, code: "usage/url", at: "--url", escapedForTerminal(message), remedy: remedy)
  }
}
