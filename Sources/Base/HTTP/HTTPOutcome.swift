// How a request ended: a reply of any status, or the reason why there is none.
// SPDX-License-Identifier: Apache-2.0
import CCurl
import CHTTP

/// Why no complete reply arrived.
public enum HTTPFault: Equatable, Sendable {
  /// There is no server at the address, or it cannot be reached.
  case unreachable
  /// Its certificate, or ours, is not accepted.
  case untrusted
  /// The connection was lost before the whole reply had arrived.
  case cut
  /// The server was silent for too long, or took too long in all.
  case silent
  /// The reply is larger than the limit.
  case tooLarge
  /// The server does not speak HTTP.
  case otherProtocol
  /// Anything else.
  case other
}

/// The end of a request.
public struct HTTPOutcome: Sendable {
  /// The tag of the request.
  public let tag: Int
  /// Nil if a complete reply arrived.
  public let fault: HTTPFault?
  /// The library's message about the fault.
  public let explanation: String
  /// 0 if none arrived.
  public let status: Int
  /// In seconds; nil if the server demanded no wait.
  public let retryAfter: Double?
  /// The target of a redirect.
  public let location: String?
  /// The part of the body that arrived.
  public let body: [UInt8]

  public init(
    tag: Int = 0, fault: HTTPFault? = nil, explanation: String = "", status: Int = 0,
    retryAfter: Double? = nil, location: String? = nil, body: [UInt8] = []
  ) {
    (self.tag, self.fault, self.explanation) = (tag, fault, explanation)
    (self.status, self.retryAfter, self.location) = (status, retryAfter, location)
    self.body = body
  }

  init(_ outcome: http_outcome) {
    tag = Int(truncatingIfNeeded: outcome.tag)
    fault = Self.fault(of: outcome)
    var outcome = outcome
    explanation = withUnsafeBytes(of: &outcome.error) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    status = outcome.status
    retryAfter = outcome.retry_after > 0 ? Double(outcome.retry_after) : nil
    location = outcome.location.map { String(cString: $0) }
    body = Array(UnsafeRawBufferPointer(start: outcome.body, count: outcome.body_size))
  }

  private static func fault(of outcome: http_outcome) -> HTTPFault? {
    let code = CURLcode(rawValue: UInt32(outcome.curl_code))
    if code == CURLE_OK { return nil }
    if outcome.is_body_too_large { return .tooLarge }
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT:
      return .unreachable
    case CURLE_OPERATION_TIMEDOUT: return outcome.was_connected ? .silent : .unreachable
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM,
      CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CIPHER:
      return .untrusted
    case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR,
      CURLE_SSL_CONNECT_ERROR:
      return .cut
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_WRITE_ERROR:
      return .otherProtocol
    default: return .other
    }
  }
}
