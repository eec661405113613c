// A directory whose files are hashed while they are written.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// Remembers of each file that is written into a directory what a manifest says of it.
public final class HashedDirectory: OutputPlace {
  private let directory: any OutputPlace
  public private(set) var files: [ManifestFile] = []

  public init(_ directory: any OutputPlace) { self.directory = directory }

  public func openFile(_ name: String) throws(Failure) -> any ByteSink {
    HashingSink(try directory.openFile(name)) { [self] count, digest in
      files.append(ManifestFile(name: name, byteCount: count, sha256: digest))
    }
  }
}

/// Passes bytes on and hashes them.
private final class HashingSink: ByteSink {
  private let sink: any ByteSink
  private let done: (Int, String) -> Void
  private var hash = SHA256()
  private var count = 0

  init(_ sink: any ByteSink, done: @escaping (Int, String) -> Void) {
    (self.sink, self.done) = (sink, done)
  }

  var name: String { sink.name }
  var isRegularFile: Bool { sink.isRegularFile }
  var isTerminal: Bool { sink.isTerminal }

  /// Bytes that are hashed and written at once: what was hashed is still in the cache.
  private static let pieceBytes = 1 << 18

  func write(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    for start in stride(from: 0, to: bytes.count, by: Self.pieceBytes) {
      let end = min(bytes.count, start + Self.pieceBytes)
      let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
      hash.update(piece)
      try sink.write(piece)
    }
    count += bytes.count
  }

  func finish() throws(Failure) {
    try sink.finish()
    done(count, hash.hexadecimal())
  }
}
