// Models that a client of the hub has fetched before, found by name. Nothing is fetched here.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput

/// The cache of the hub's clients on this disk (reference: "Understand caching" of
/// huggingface_hub's documentation): `models--ORG--NAME/snapshots/REVISION` holds the files of a
/// revision, `refs/main` says which one is current.
public enum HubCache {
  /// `path` itself where it exists or is no name; else, for `ORG/NAME` or `ORG/NAME@REVISION`, the
  /// directory of that model's files in the cache. Throws `checkpoint/not-found` where there is
  /// neither.
  public static func resolve(_ path: String) throws(Failure) -> String {
    guard let name = Name(path), try !fileExists(path) else { return path }
    return try find(name, called: path)
  }

  /// The directory of the model called `name` in the cache, whatever lies at a path of that name.
  /// Throws `checkpoint/not-found`; nil where `name` is no name.
  static func cached(_ name: String) throws(Failure) -> String? {
    guard let found = Name(name) else { return nil }
    return try find(found, called: name)
  }

  private static func find(_ name: Name, called path: String) throws(Failure) -> String {
    let root = directory
    let folder = "\(root ?? "")/models--\(name.organisation)--\(name.model)"
    guard root != nil, let snapshots = try Directory("\(folder)/snapshots") else {
      throw Failure(
        .inputOutput, code: "checkpoint/not-found", at: path,
        "there is no such directory, and no model of that name in the hub's cache"
          + (root.map { ", \($0)" } ?? ""),
        remedy: "fetch it (hf download \(name.repository)), or check the path")
    }
    var revision = name.revision ?? ""
    if name.revision == nil { revision = try current(folder, snapshots, of: name) }
    guard let found = try revisionDirectory(revision, folder, snapshots) else {
      throw Failure(
        .inputOutput, code: "checkpoint/not-found", at: path,
        "the hub's cache has no revision \(revision) of it",
        remedy: "fetch it (hf download \(name.repository) --revision \(revision))")
    }
    return found
  }

  /// Whether `text` is the name of a model on a hub, and not a path that leads somewhere.
  static func isName(_ text: String) -> Bool { Name(text).map { $0.revision == nil } ?? false }

  /// Whether `text` may be part of a name: nothing in it leads elsewhere.
  static func isPartOfName(_ text: String) -> Bool { Name.isPart(text) }

  /// The model and revision whose snapshot `path` is; nil for any other directory.
  public static func origin(of path: String) -> (repository: String, revision: String)? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    let parts = String(cString: resolved).split(atByte: UInt8(ascii: "/"))
    guard parts.count >= 3, parts[parts.count - 2] == "snapshots",
      parts[parts.count - 3].hasPrefix("models--")
    else { return nil }
    let name = parts[parts.count - 3].dropFirst("models--".count)
    guard let separator = name.firstRange(of: "--") else { return nil }
    let repository = "\(name[..<separator.lowerBound])/\(name[separator.upperBound...])"
    return (repository, parts[parts.count - 1])
  }

  /// Where the hub's clients keep what they fetched; nil where the environment does not say.
  static var directory: String? {
    if let cache = variable("HF_HUB_CACHE") ?? variable("HUGGINGFACE_HUB_CACHE") { return cache }
    if let home = variable("HF_HOME") { return "\(home)/hub" }
    if let cache = variable("XDG_CACHE_HOME") { return "\(cache)/huggingface/hub" }
    return variable("HOME").map { "\($0)/.cache/huggingface/hub" }
  }

  private static func variable(_ name: String) -> String? {
    guard let value = getenv(name).map({ String(cString: $0) }), !value.isEmpty else { return nil }
    guard value.hasPrefix("~/"), let home = getenv("HOME") else { return value }
    return String(cString: home) + value.dropFirst(1)
  }

  /// The revision that `refs/main` names; the only one, where there is no such file.
  private static func current(_ folder: String, _ snapshots: Directory, of name: Name)
    throws(Failure) -> String
  {
    if let revision = try reference("main", folder) { return revision }
    let revisions = try snapshots.entries(limit: 1000).filter(Name.isPart)
    guard let only = revisions.first, revisions.count == 1 else {
      throw Failure(
        .inputOutput, code: "checkpoint/not-found", at: folder,
        "the hub's cache has \(counted(revisions.count, "revision")) of the model and none is"
          + " named main",
        remedy: "fetch it (hf download \(name.repository)), or add @ and a revision to the name")
    }
    return only
  }

  private static func revisionDirectory(
    _ revision: String, _ folder: String, _ snapshots: Directory
  ) throws(Failure) -> String? {
    if let found = try Directory(snapshots.path(of: revision)) { return found.path }
    guard let named = try reference(revision, folder) else { return nil }
    return try Directory(snapshots.path(of: named))?.path
  }

  /// What `refs/NAME` says, if there is such a file and that is a revision.
  private static func reference(_ name: String, _ folder: String) throws(Failure) -> String? {
    let path = "\(folder)/refs/\(name)"
    guard try fileExists(path) else { return nil }
    let text = String(decoding: try readWholeFile(path, limit: 1 << 10), as: UTF8.self)
    let revision = strippingWhitespace(text)
    return Name.isPart(revision) ? revision : nil
  }

  /// A name such as `liuhaotian/llava-v1.5-7b`.
  private struct Name {
    let organisation: String
    let model: String
    let revision: String?

    var repository: String { "\(organisation)/\(model)" }

    init?(_ text: String) {
      let halves = text.split(atByte: UInt8(ascii: "@"))
      let parts = halves[0].split(atByte: UInt8(ascii: "/"))
      guard halves.count <= 2, parts.count == 2,
        (parts + halves.dropFirst()).allSatisfy(Self.isPart)
      else { return nil }
      (organisation, model) = (parts[0], parts[1])
      revision = halves.count == 2 ? halves[1] : nil
    }

    /// Letters, digits, dots, hyphens and underscores, none but the first two in front.
    static func isPart(_ text: String) -> Bool {
      func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & ~0x20)
      }
      guard let first = text.utf8.first, isAlphanumeric(first), text.utf8.count <= 96 else {
        return false
      }
      return text.utf8.allSatisfy { isAlphanumeric($0) || ".-_".utf8.contains($0) }
    }
  }
}
