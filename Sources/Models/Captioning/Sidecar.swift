// Text files beside pictures, as tools for training sets keep captions.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput

/// What to do with an existing text.
public enum ExistingText: String, CaseIterable, Sendable {
  case skip
  case overwrite
  case append
  case prepend
}

/// The file beside a picture, and its contents.
public struct SidecarPlan: Equatable, Sendable {
  /// The suffix that replaces the picture's extension, such as `.txt`.
  public var suffix: String
  /// Whether it is appended to the extension instead: `a.jpg.txt`.
  public var keepsExtension: Bool
  public var existing: ExistingText
  /// The separator between an existing text and a new one, and between two answers.
  public var joint: String

  public init(
    suffix: String, keepsExtension: Bool = false, existing: ExistingText = .skip,
    joint: String = "\n"
  ) {
    self.suffix = suffix
    self.keepsExtension = keepsExtension
    self.existing = existing
    self.joint = joint
  }

  /// More bytes are no caption.
  public static let largestText = 16 << 20

  public func file(beside picture: FilePath) -> FilePath {
    (keepsExtension ? picture : picture.withoutExtension) + suffix
  }

  /// Throws `usage/sidecar` where two pictures would share a file, or one would replace a picture.
  public func check(_ pictures: [FilePath]) throws(Failure) {
    var owners: [FilePlace: FilePath] = [:]
    let all = Set(pictures.map(\.entry))
    for picture in pictures {
      let file = file(beside: picture)
      let entry = file.written.entry
      guard !all.contains(entry) else {
        throw Self.clash("\(file.shown) is a picture itself", remedy: "name another --sidecar")
      }
      if let other = owners.updateValue(picture, forKey: entry) {
        throw Self.clash(
          "\(other.shown) and \(picture.shown) would share \(file.shown)",
          remedy: "add --full-names: a.jpg\(suffix) beside a.jpg")
      }
    }
  }

  /// Throws `sidecar/name` for a name that no file can have, `file/dangling-link` for a link that leads
  /// nowhere, `io/create` where its directory takes no file, and where the texts that are there are added
  /// to or replaced `file/not-regular` and `file/too-large` for what cannot be, `sidecar/link` for a link
  /// to a file of another kind.
  func checkPlace(_ file: FilePath) throws(Failure) {
    let length = file.name.bytes.count
    guard length <= Int(NAME_MAX) else {
      throw Failure(
        .invalidInput, code: "sidecar/name",
        "the name of its text would have \(length) bytes, and a file's has at most \(NAME_MAX)")
    }
    guard try file.directory.found().map({ $0.st_mode & S_IFMT == S_IFDIR }) == true else {
      throw Failure(
        .invalidInput, code: "sidecar/place", "expected a directory beside it for its text",
        remedy: "pictures inside archives have none: write --jsonl or --tsv")
    }
    guard let status = file.status else {
      // Nothing that a user put there is replaced unasked: neither the link nor what it means.
      if file.isLink {
        var failure = Failure.danglingLink(file.shown)
        failure.status = .invalidInput
        throw failure
      }
      return try file.checkMayBeMade()
    }
    if existing == .skip { return }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw Failure(
        .invalidInput, code: "file/not-regular", at: file.shown,
        "expected a text file, found something else of that name")
    }
    let target = file.written
    guard target.name.bytes.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) else {
      throw Failure(
        .invalidInput, code: "sidecar/link", at: file.shown,
        "the link leads to \(target.shown), which does not end in \(suffix)",
        remedy: "remove the link, or name another --sidecar")
    }
    guard status.st_size <= Self.largestText else {
      throw Failure(
        .limitExceeded, code: "file/too-large", at: file.shown,
        "expected a text of at most \(grouped(Self.largestText)) bytes, found \(status.st_size)")
    }
    // It is replaced by a new one.
    try target.checkMayBeMade()
  }

  private static func clash(_ message: String, remedy: String) -> Failure {
    Failure(.usage, code: "usage/sidecar", message, remedy: remedy)
  }

  /// What the file that holds `old`, nil where there is none, becomes with `texts`; nil where it stays.
  public func contents(_ texts: [String], over old: [UInt8]?) -> [UInt8]? {
    let new = Array(texts.joined(separator: joint).utf8)
    guard let old = old.map(Self.withoutLineEnd) else { return new + [0x0A] }
    let between = old.isEmpty ? [] : Array(joint.utf8)
    switch existing {
    case .skip: return nil
    case .overwrite: return new + [0x0A]
    case .append: return old + between + new + [0x0A]
    case .prepend: return new + between + old + [0x0A]
    }
  }

  private static func withoutLineEnd(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    if bytes.last == 0x0A { bytes.removeLast() }
    if bytes.last == 0x0D { bytes.removeLast() }
    return bytes
  }
}

extension FilePath {
  /// The file that writing to this one changes: where a link leads, and its own name otherwise.
  fileprivate var written: FilePath { isLink ? resolved : self }
}
