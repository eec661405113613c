// Where bytes come from and where they go: the two protocols that streams are written against.
// SPDX-License-Identifier: Apache-2.0

/// Bytes to read in order.
public protocol ByteSource: AnyObject {
  /// `stdin` or the path, for messages.
  var name: String { get }
  /// Reads at least one byte into `buffer` and returns the number read; 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int
}

/// Bytes to write in order.
public protocol ByteSink: AnyObject {
  /// `stdout` or the path, for messages.
  var name: String { get }
  /// True for a file on disk: what is written is kept, so a hash of it is worth its time.
  var isRegularFile: Bool { get }
  /// True for a terminal: nothing in the text may control it.
  var isTerminal: Bool { get }
  /// Writes all of `bytes`.
  func write(_ bytes: UnsafeRawBufferPointer) throws(Failure)
  /// Makes sure that all bytes arrived. Nothing may be written afterwards.
  func finish() throws(Failure)
}

extension ByteSink {
  public var isRegularFile: Bool { false }
  public var isTerminal: Bool { false }

  /// Writes all of `bytes`.
  public func write(_ bytes: [UInt8]) throws(Failure) {
    try bytes.withUnsafeBufferPointer { (bytes) throws(Failure) in
      try write(UnsafeRawBufferPointer(bytes))
    }
  }

  /// Writes the UTF-8 of `text`.
  public func write(_ text: String) throws(Failure) { try write(Array(text.utf8)) }
}

/// Bytes in memory as a source, which returns at most `step` bytes per read.
public final class MemorySource: ByteSource {
  public let name: String
  private let bytes: [UInt8]
  private let step: Int
  private var position = 0

  public init(_ bytes: [UInt8], name: String = "memory", step: Int = .max) {
    self.bytes = bytes
    self.name = name
    self.step = max(1, step)
  }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
    let count = min(buffer.count, step, bytes.count - position)
    bytes.withUnsafeBytes { all in
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: all[position..<position + count]))
    }
    position += count
    return count
  }
}

/// Keeps what is written to it.
public final class MemorySink: ByteSink {
  public let name: String
  public private(set) var bytes: [UInt8] = []
  /// The size of each write: records must be written in one.
  public private(set) var writes: [Int] = []

  public init(name: String = "memory") { self.name = name }

  public func write(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    self.bytes.append(contentsOf: bytes)
    writes.append(bytes.count)
  }

  public func finish() throws(Failure) {}
}
