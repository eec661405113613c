// A path as the system has it: any bytes but NUL, which need not be text.
// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A path of a file, relative or absolute. `String` would change what is not UTF-8.
public struct FilePath: Hashable, Sendable {
  public let bytes: [UInt8]

  public init(bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

  public init(_ text: String) { bytes = Array(text.utf8) }

  private static let slash = UInt8(ascii: "/")

  /// The path as text; nil if it is not valid UTF-8.
  public var text: String? { String(validating: bytes, as: UTF8.self) }

  /// The path for messages and records: as it is where it is text; else bytes beyond ASCII are spelt
  /// `\xE9`.
  public var shown: String {
    if let text { return text }
    return bytes.map { byte in
      byte < 0x80
        ? String(UnicodeScalar(byte))
        : "\\x" + String(byte, radix: 16, uppercase: true)
    }.joined()
  }

  /// The part after the last slash.
  public var name: FilePath {
    FilePath(bytes: bytes[(bytes.lastIndex(of: Self.slash).map { $0 + 1 } ?? 0)...])
  }

  /// The directory that holds it; `.` where the path names none.
  public var directory: FilePath {
    guard let end = bytes.lastIndex(of: Self.slash) else { return FilePath(".") }
    return FilePath(bytes: bytes[..<max(1, end)])
  }

  /// Without the last dot of the name and what follows; a name's first byte is no such dot.
  public var withoutExtension: FilePath {
    let start = bytes.count - name.bytes.count
    guard let dot = bytes.lastIndex(of: UInt8(ascii: ".")), dot > start else { return self }
    return FilePath(bytes: bytes[..<dot])
  }

  /// The last dot of the name and what follows, as text in small letters; empty where there is none.
  public var lowercasedExtension: String {
    String(decoding: bytes[withoutExtension.bytes.count...], as: UTF8.self).lowercased()
  }

  /// The file `name` in this directory.
  public func appending(_ name: FilePath) -> FilePath {
    if bytes.isEmpty || bytes == [UInt8(ascii: ".")] { return name }
    return FilePath(
      bytes: bytes.last == Self.slash ? bytes + name.bytes : bytes + [Self.slash] + name.bytes)
  }

  /// The same with `suffix` appended.
  public static func + (path: FilePath, suffix: String) -> FilePath {
    FilePath(bytes: path.bytes + Array(suffix.utf8))
  }

  /// The path as a C string.
  public func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    (bytes + [0]).withUnsafeBufferPointer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { chars in
        guard let base = chars.baseAddress else { preconditionFailure("the NUL is there") }
        return body(base)
      }
    }
  }

  /// Whether the path continues after something that is not a directory, as one into an archive does.
  public var leadsThroughFile: Bool {
    var found = stat()
    return withCString { stat($0, &found) } != 0 && errno == ENOTDIR
  }

  /// As `fileStatus`, links followed. Throws `io/stat` where the system cannot say.
  public func found() throws(Failure) -> stat? {
    if let status { return status }
    let code = errno
    guard Failure.tellsOfPath(code) else { throw .system("stat", shown, errno: code) }
    return nil
  }

  /// Throws `io/create` where this process may make no file at this path: its directory, or what that lies
  /// on, takes none.
  public func checkMayBeMade() throws(Failure) {
    let answer = directory.withCString { faccessat(AT_FDCWD, $0, W_OK | X_OK, AT_EACCESS) }
    guard answer != 0 else { return }
    let code = errno
    if [EACCES, EPERM, EROFS].contains(code) { throw .system("create", shown, errno: code) }
  }

  /// What the system says of the file, links followed; nil where it says nothing.
  public var status: stat? {
    var found = stat()
    return withCString { stat($0, &found) } == 0 ? found : nil
  }
}

extension FilePath: Comparable {
  /// By bytes.
  public static func < (left: FilePath, right: FilePath) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }
}
