// An image inside its record as a data: URL (RFC 2397), and the short stand-in for it.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Synchronization

/// The most bytes of an image's file.
public let largestImageFile = 256 << 20

/// A text of a record that names no file, but is the image: `data:image/png;base64,iVBORw0…`; or its
/// stand-in, `data:image/png;sha256=9f86…`, which tools carry where the image is no longer needed.
public struct DataURL {
  fileprivate let text: String
  /// Such as `image/png`; empty where the URL says none, or something that is no type. What the image
  /// is its bytes say.
  private let mediaType: String
  /// What stands between `data:` and the comma; nil in a stand-in, and where no comma comes soon.
  private let header: Substring?
  private let data: Substring

  /// No media type with its parameters takes more.
  private static let longestHeader = 512

  /// Nil where `text` may be a path. One that begins with `data:` and has a comma, or is longer than
  /// paths are, is none.
  public init?(_ text: String) {
    guard text.utf8.starts(withCased: "data:") else { return nil }
    self.text = text
    let rest = text.utf8.dropFirst(5)
    let start = rest.startIndex
    let comma = rest.prefix(Self.longestHeader).firstIndex(of: UInt8(ascii: ","))
    let head = text[start..<(comma ?? rest.prefix(Self.longestHeader).endIndex)]
    header = comma == nil ? nil : head
    data = comma.map { text[text.utf8.index(after: $0)...] } ?? ""
    mediaType = Self.mediaType(head)
    guard header != nil || text.utf8.count > longestPath || Self.isStandIn(head) else { return nil }
  }

  private static func isStandIn(_ head: Substring) -> Bool {
    head.utf8.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).dropFirst()
      .contains { $0.starts(with: "sha256=".utf8) }
  }

  private static func mediaType(_ head: Substring) -> String {
    let type = head.utf8.prefix { $0 != UInt8(ascii: ";") }
    let isPlain =
      type.count <= 64
      && type.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
          UInt8(ascii: "+"), UInt8(ascii: "-")...UInt8(ascii: "/"):
          true
        default: false
        }
      }
    return isPlain ? String(decoding: type, as: UTF8.self) : ""
  }

  /// The most bytes that its image can have.
  public var largestSize: Int { data.utf8.count / 4 * 3 }

  /// The image's bytes, at most `limit`. Before memory is taken `willRead` gets the size. Throws
  /// `image/data-url` where it is not in base 64, `file/too-large`, and `path/url` for a stand-in.
  public func bytes(limit: Int, willRead: (Int) -> Void = { _ in }) throws(Failure) -> [UInt8] {
    guard let header else {
      if text.utf8.count <= longestPath { throw standsForAnImage }
      throw Self.unreadable("found no comma behind its type")
    }
    guard header.utf8.suffix(7).starts(withCased: ";base64") else {
      throw Self.unreadable("found another encoding (%-escapes, say)")
    }
    guard largestSize <= limit + 2 else {
      throw Failure(
        .limitExceeded, code: "file/too-large",
        "expected an image of at most \(limit) bytes, found \(largestSize)")
    }
    willRead(largestSize)
    guard let bytes = InputOutput.bytes(ofBase64: data) else {
      throw Self.unreadable("found something else behind the comma, or a cut end")
    }
    return bytes
  }

  private static func unreadable(_ found: String) -> Failure {
    Failure(
      .invalidInput, code: "image/data-url",
      "expected a data: URL in base 64, data:image/png;base64,..., padded and on one line, \(found)",
      remedy: "write the URL anew: base64 -w0; or the image to a file, and name that")
  }

  private var standsForAnImage: Failure {
    Failure(
      .invalidInput, code: "path/url",
      "expected an image, found what stands for one that was in its record",
      remedy: "pass the record that has the image itself")
  }

  /// What stands for it in messages and streams: its type, and the SHA-256 of its bytes, as
  /// `sha256sum` prints it of the image's file; of the whole text where that cannot be decoded.
  public var standIn: String {
    if header == nil, text.utf8.count <= longestPath { return text }
    return standIn(of: (try? bytes(limit: .max - 2)) ?? Array(text.utf8))
  }

  /// The same where `bytes` have been decoded already.
  public func standIn(of bytes: [UInt8]) -> String {
    var digest = SHA256()
    digest.update(bytes)
    return "data:\(mediaType);sha256=\(digest.hexadecimal())"
  }
}

/// What stands for images that were decoded a while ago: none is decoded once more for its digest.
public final class StandIns: Sendable {
  private struct Known {
    var now: [String: String] = [:]
    var before: [String: String] = [:]
  }

  private let known = Mutex(Known())

  public init() {}

  /// Remembers the stand-in of `url`, whose image is `bytes`.
  public func add(_ url: DataURL, of bytes: [UInt8]) {
    let standIn = url.standIn(of: bytes)
    known.withLock { $0.now[url.text] = standIn }
  }

  /// The stand-in of `url`, decoded here where it is not known.
  public func text(of url: DataURL) -> String {
    let found = known.withLock { known in
      if known.now[url.text] == nil { known.now[url.text] = known.before[url.text] }
      return known.now[url.text]
    }
    return found ?? url.standIn
  }

  /// Lets go of all that was neither added nor asked for since the last call.
  public func forgetOld() { known.withLock { ($0.before, $0.now) = ($0.now, [:]) } }
}

extension Record {
  /// The object with stand-ins for images that it holds as data: URLs, also where another member
  /// holds the same.
  /// `standIns`: of images that were decoded already.
  public static func withoutInlineImages(
    _ object: JSONObject, _ standIns: StandIns = StandIns()
  ) -> JSONObject {
    var known: [String: JSONValue] = [:]
    for path in (try? imagePaths(of: object)) ?? [] where known[path] == nil {
      if let url = DataURL(path) { known[path] = .string(standIns.text(of: url)) }
    }
    if known.isEmpty { return object }
    func shortened(_ value: JSONValue) -> JSONValue { value.string.flatMap { known[$0] } ?? value }
    var object = object
    for (key, value) in object.members {
      object[key] = value.array.map { .array($0.map(shortened)) } ?? shortened(value)
    }
    return object
  }
}

extension Sequence<UInt8> {
  /// Whether it begins with `text`, which is in small letters, whatever the letters' case.
  fileprivate func starts(withCased text: StaticString) -> Bool {
    text.withUTF8Buffer { text in
      lazy.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }.starts(with: text)
    }
  }
}
