// A client of one HTTP address: many concurrent requests, all processed on the caller's thread.
// SPDX-License-Identifier: Apache-2.0
import CCurl
import CHTTP
import InputOutput

/// The server of requests, and their limits.
public struct HTTPSettings: Sendable {
  public var address: HTTPAddress
  /// A socket of this machine to connect to instead of the address's host.
  public var unixSocket: String?
  /// Lines `Name: value`. Their values are sent to the server and shown nowhere.
  public var headers: [String] = []
  public var agent = "llava-tools"
  /// Seconds to connect.
  public var connectTimeout = 10.0
  /// Whole seconds without a byte received or sent.
  public var silenceTimeout = 300
  /// Seconds for a whole request.
  public var totalTimeout = 900.0
  /// The largest body of a reply, in bytes.
  public var bodyLimit = 16 << 20
  public var connections = 8

  public init(address: HTTPAddress) { self.address = address }
}

/// POST requests to one address. Proxies are those of the environment (`https_proxy`, `no_proxy`),
/// certificates the system's; redirects are not followed.
///
/// For one thread. Data is sent only while `work` runs.
public final class HTTPClient {
  private let client: OpaquePointer
  /// The bodies being sent, which must not move until their outcome is known.
  private var bodies: [Int: UnsafeMutableRawBufferPointer] = [:]

  /// Throws `http/library` if the library cannot create a client.
  public init(_ settings: HTTPSettings) throws(Failure) {
    let isDirect = settings.address.isLoopback || settings.unixSocket != nil
    let lines = settings.headers + ["Content-Type: application/json", "Expect:"]
    let opened = withCStrings(lines) { lines in
      settings.address.text.withCString { url in
        settings.agent.withCString { agent in
          withOptionalCString(settings.unixSocket) { socket in
            var own = http_settings()
            own.url = url
            own.unix_socket = socket
            own.agent = agent
            own.is_direct = isDirect
            own.connect_milliseconds = Int(settings.connectTimeout * 1000)
            own.silence_seconds = settings.silenceTimeout
            own.total_milliseconds = Int(settings.totalTimeout * 1000)
            own.body_limit = settings.bodyLimit
            own.connections = settings.connections
            return http_open(&own, lines.baseAddress, lines.count)
          }
        }
      }
    }
    guard let opened else { throw Self.noLibrary("gives no client") }
    client = opened
  }

  deinit {
    // Closing would wait for the name server that a request waits for, and a signal with it. What is
    // under way is let go with the process.
    if bodies.isEmpty { http_close(client) }
  }

  /// Begins to send `body`; its outcome has `tag`, which no other request in progress may have.
  public func post(_ body: [UInt8], tag: Int) throws(Failure) {
    precondition(bodies[tag] == nil, "two requests of the tag \(tag)")
    let kept = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, body.count), alignment: 1)
    kept.copyBytes(from: body)
    guard http_post(client, UInt64(tag), kept.baseAddress, body.count) else {
      kept.deallocate()
      throw .outOfMemory(remedy: "use fewer --jobs")
    }
    bodies[tag] = kept
  }

  /// Sends and receives for at most `seconds`, or until a request ends, and returns the requests that
  /// ended. Throws `http/library` if the library cannot continue.
  public func work(seconds: Double) throws(Failure) -> [HTTPOutcome] {
    let code = http_work(client, Int32((max(0, min(seconds, 3600)) * 1000).rounded(.up)))
    guard code == CURLM_OK.rawValue else {
      throw Self.noLibrary(
        "stops: \(String(cString: curl_multi_strerror(CURLMcode(rawValue: code))))")
    }
    var outcomes: [HTTPOutcome] = []
    var outcome = http_outcome()
    while http_next(client, &outcome) {
      let ended = HTTPOutcome(outcome)
      http_release(client)
      bodies.removeValue(forKey: ended.tag)?.deallocate()
      outcomes.append(ended)
    }
    return outcomes
  }

  private static func noLibrary(_ what: String) -> Failure {
    Failure(
      .inputOutput, code: "http/library", "libcurl \(what)",
      remedy: "raise ulimit -n and ulimit -v, or use fewer --jobs")
  }
}

/// The library behind this, its version and that of its TLS, for --version.
public let httpLibrary: String = {
  let words = String(cString: curl_version()).split(atByte: UInt8(ascii: " ")).prefix(2)
  return words.map { $0.split(atByte: UInt8(ascii: "/")).joined(separator: " ") }
    .joined(separator: ", ")
}()

private func withOptionalCString<Result>(
  _ text: String?, _ body: (UnsafePointer<CChar>?) -> Result
) -> Result {
  guard let text else { return body(nil) }
  return text.withCString(body)
}

/// Calls `body` with the texts as C's strings.
private func withCStrings<Result>(
  _ texts: [String], _ body: (UnsafeBufferPointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
  let copies = texts.map { Array($0.utf8CString) }
  let joined = copies.flatMap(\.self)
  return joined.withUnsafeBufferPointer { bytes in
    var start = 0
    let pointers: [UnsafePointer<CChar>?] = copies.map { copy in
      defer { start += copy.count }
      return bytes.baseAddress.map { $0 + start }
    }
    return pointers.withUnsafeBufferPointer(body)
  }
}
