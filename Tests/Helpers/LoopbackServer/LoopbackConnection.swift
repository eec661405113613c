// One connection of the server: requests are read from it, steps are done on it.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc

/// Used by one thread.
final class LoopbackConnection: @unchecked Sendable {
  // Sendable: handed once to the thread that serves it.
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var isOpen = true
  private var isReset = false
  /// POLLRDHUP, which only _GNU_SOURCE shows.
  private static let peerHasLeft: Int16 = 0x2000

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  /// The next request whole, or nil where the client has gone or what it says is none.
  func readRequest() -> (method: String, path: String, headers: [String: String], body: [UInt8])? {
    guard let head = takeHead() else { return nil }
    let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
    let words = (lines.first ?? "").split(separator: " ").map(String.init)
    guard words.count == 3 else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...]
      headers[line[..<colon].lowercased()] = value.trimmingCharacters(in: .whitespaces)
    }
    let length = headers["content-length"].flatMap { Int($0) } ?? 0
    while buffer.count < length { guard receive() else { return nil } }
    let body = Array(buffer.prefix(length))
    buffer.removeFirst(length)
    return (words[0], words[1], headers, body)
  }

  /// What stands before the empty line.
  private func takeHead() -> [UInt8]? {
    let end = Array("\r\n\r\n".utf8)
    var searched = 0
    while true {
      let start = max(0, searched - 3)
      if let found = buffer[start...].firstRange(of: end) {
        let head = Array(buffer[..<found.lowerBound])
        buffer.removeFirst(found.upperBound)
        return head
      }
      searched = buffer.count
      guard buffer.count < 1 << 20, receive() else { return nil }
    }
  }

  private func receive() -> Bool {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = recv(descriptor, &chunk, chunk.count, 0)
      if count > 0 {
        buffer += chunk[..<count]
        return true
      }
      guard count < 0, errno == EINTR else { return false }
    }
  }

  /// Does all steps; false where no further request can come.
  func perform(_ steps: [LoopbackStep], isStopped: () -> Bool) -> Bool {
    for step in steps {
      switch step {
      case .send(let bytes): guard send(bytes) else { return false }
      case .pause(let seconds):
        guard wait(until: .now + .seconds(seconds), isStopped) else { return false }
      case .close: return false
      case .reset:
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
          descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        isReset = true
        return false
      case .hang:
        _ = wait(until: nil, isStopped)
        return false
      }
    }
    return true
  }

  private func send(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// False once the client has gone or the server is stopped.
  private func wait(until end: ContinuousClock.Instant?, _ isStopped: () -> Bool) -> Bool {
    while end.map({ ContinuousClock.now < $0 }) ?? true {
      if isStopped() { return false }
      var entry = pollfd(fd: descriptor, events: Self.peerHasLeft, revents: 0)
      let left = end.map { max(1, Int32(($0 - .now) / .milliseconds(1))) } ?? 20
      if poll(&entry, 1, min(20, left)) > 0 { return false }
    }
    return true
  }

  func close() {
    guard isOpen else { return }
    isOpen = false
    // A program that a test starts meanwhile may have inherited the descriptor.
    if !isReset { shutdown(descriptor, Int32(SHUT_RDWR)) }
    Glibc.close(descriptor)
  }
}
