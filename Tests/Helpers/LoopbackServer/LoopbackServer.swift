// An HTTP server on this machine whose answers, well behaved or not, a test writes down.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import Synchronization

/// What a client asked.
public struct LoopbackRequest: Sendable {
  public let method: String
  /// The path with its query.
  public let path: String
  /// Names in lower case; of several headers of one name the last.
  public let headers: [String: String]
  public let body: [UInt8]
  /// From 0, in the order in which requests were read whole.
  public let ordinal: Int
  /// When it was read whole.
  public let time: ContinuousClock.Instant

  public var text: String { String(decoding: body, as: UTF8.self) }
}

/// One thing that a server does with its connection.
public enum LoopbackStep: Sendable {
  case send([UInt8])
  /// Seconds in which nothing is sent.
  case pause(Double)
  /// Ends the connection as a server does that has said all.
  case close
  /// Ends the connection as one does that crashed.
  case reset
  /// Says nothing until the client has gone.
  case hang
}

/// Listens on a port of 127.0.0.1 or on a unix socket until `stop`, a thread for each connection.
public final class LoopbackServer: Sendable {
  /// What to do about a request. Called on the connection's thread; several at once.
  public typealias Handler = @Sendable (LoopbackRequest) -> [LoopbackStep]

  private struct State {
    var requests: [LoopbackRequest] = []
    var inWork = 0
    var mostInWork = 0
    var connections = 0
    var isStopped = false
  }

  /// The port of 127.0.0.1; 0 for a unix socket.
  public let port: Int
  let handler: Handler
  private let listener: Int32
  private let state = Mutex(State())

  /// `port`: 0 takes a free one. `unixSocket`: a path to listen on instead; it must be free.
  public init(port: Int = 0, unixSocket: String? = nil, handler: @escaping Handler) throws {
    self.handler = handler
    let opened = try unixSocket.map(openUnixSocket) ?? openPort(port)
    (listener, self.port) = (opened.descriptor, opened.port)
    Thread.detachNewThread { [self] in accept() }
  }

  deinit { stop() }

  /// `http://127.0.0.1:PORT`
  public var url: String { "http://127.0.0.1:\(port)" }

  /// All that was asked so far.
  public var requests: [LoopbackRequest] { state.withLock(\.requests) }

  /// The most requests that were being answered at one time.
  public var mostAtOnce: Int { state.withLock(\.mostInWork) }

  /// The number of connections that were made.
  public var connectionCount: Int { state.withLock(\.connections) }

  var isStopped: Bool { state.withLock(\.isStopped) }

  /// Ends the server: nobody can connect any more, and what hangs is let go.
  public func stop() {
    let isFirst = state.withLock { state in
      defer { state.isStopped = true }
      return !state.isStopped
    }
    // Not close: the number could be another file's before the accepting thread has seen it.
    if isFirst { shutdown(listener, Int32(SHUT_RDWR)) }
  }

  private func accept() {
    while true {
      let descriptor = Glibc.accept(listener, nil, nil)
      if descriptor < 0, errno == EINTR || errno == ECONNABORTED, !isStopped { continue }
      guard descriptor >= 0, !isStopped else { break }
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
      state.withLock { $0.connections += 1 }
      let connection = LoopbackConnection(descriptor)
      Thread.detachNewThread { [self] in serve(connection) }
    }
    close(listener)
  }

  private func serve(_ connection: LoopbackConnection) {
    defer { connection.close() }
    while let parts = connection.readRequest() {
      let request = state.withLock { state in
        let request = LoopbackRequest(
          method: parts.method, path: parts.path, headers: parts.headers, body: parts.body,
          ordinal: state.requests.count, time: .now)
        state.requests.append(request)
        state.inWork += 1
        state.mostInWork = max(state.mostInWork, state.inWork)
        return request
      }
      let goesOn = connection.perform(handler(request)) { [self] in isStopped }
      state.withLock { $0.inWork -= 1 }
      guard goesOn, !isStopped else { return }
    }
  }
}

/// A system call that failed.
public struct LoopbackFailure: Error, CustomStringConvertible {
  public let description: String

  init(_ call: String) { description = "\(call): \(String(cString: strerror(errno)))" }
}

private func openPort(_ port: Int) throws -> (descriptor: Int32, port: Int) {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
  guard descriptor >= 0 else { throw LoopbackFailure("socket") }
  var yes: Int32 = 1
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = in_port_t(port).bigEndian
  address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
  var size = socklen_t(MemoryLayout<sockaddr_in>.size)
  let status = withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      bind(descriptor, $0, size) == 0 && listen(descriptor, 128) == 0
        && getsockname(descriptor, $0, &size) == 0
    }
  }
  guard status else {
    let failure = LoopbackFailure("listen on port \(port)")
    close(descriptor)
    throw failure
  }
  return (descriptor, Int(in_port_t(bigEndian: address.sin_port)))
}

private func openUnixSocket(_ path: String) throws -> (descriptor: Int32, port: Int) {
  let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
  guard descriptor >= 0 else { throw LoopbackFailure("socket") }
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  let bytes = Array(path.utf8)
  precondition(bytes.count < MemoryLayout.size(ofValue: address.sun_path), "\(path) is too long")
  withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
  let size = socklen_t(MemoryLayout<sockaddr_un>.size)
  let status = withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      bind(descriptor, $0, size) == 0 && listen(descriptor, 128) == 0
    }
  }
  guard status else {
    let failure = LoopbackFailure("listen on \(path)")
    close(descriptor)
    throw failure
  }
  return (descriptor, 0)
}
