// What a run has written into a directory, so that one that was killed adds nothing twice.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// A hidden file in a directory whose sidecars are changed: before each change a line with the name and
/// the digest that the sidecar will have. A run that came to its end removes it.
///
/// Only the last change can have been announced and not made: its sidecar's digest tells.
final class SidecarJournal {
  private static let name = FilePath(".llava-caption.journal")
  private let file: AppendFile
  /// The sidecars that were announced, by their names as messages show them, and the last of them.
  private var announced: Set<String> = []
  private var last: (name: String, digest: String)?

  /// Opens or makes the journal in `directory` of runs with the digest `run`; what another run left is
  /// of no use and goes.
  ///
  /// Throws what `AppendFile` throws, `usage/locked` where another run works there.
  init(in directory: FilePath, run: String) throws(Failure) {
    file = try AppendFile(
      path: directory.appending(Self.name), mode: 0o666, followsLinks: false)
    let heading = Array(
      JSONValue.object([
        "journal": .string("llava-caption"), "version": .int(1), "run": .string(run),
      ]).serialized() + [0x0A])
    let start = try file.read(at: 0, count: heading.count)
    let mark = Array(#"{"journal":"llava-caption""#.utf8)
    guard zip(start, mark).allSatisfy({ $0 == $1 }) else {
      throw Failure(
        .invalidInput, code: "journal/other", at: file.path,
        "expected a journal of llava-caption, found another file", remedy: "move it away")
    }
    guard start == heading else {
      try file.truncate(to: 0)
      try file.append(heading)
      return
    }
    try readEntries(from: heading.count)
  }

  private func readEntries(from start: Int) throws(Failure) {
    let bytes = try file.read(at: start, count: file.size - start)
    let whole = bytes.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    if whole < bytes.count { try file.truncate(to: start + whole) }
    for line in bytes[..<whole].split(separator: 0x0A) {
      guard let entry = try? JSONValue(parsing: Array(line)).object,
        let name = entry["sidecar"]?.string, let digest = entry["digest"]?.string
      else { continue }
      announced.insert(name)
      last = (name, digest)
    }
  }

  /// Whether the run that was stopped has made `sidecar`. Throws what reading it throws.
  func isDone(_ sidecar: FilePath) throws(Failure) -> Bool {
    let name = sidecar.name.shown
    guard announced.contains(name) else { return false }
    guard let last, last.name == name else { return true }
    let found = try sidecar.contents(limit: SidecarPlan.largestText)
    return found.map(Self.digest) == last.digest
  }

  /// Call before `sidecar` becomes `bytes`.
  func announce(_ sidecar: FilePath, _ bytes: [UInt8]) throws(Failure) {
    let entry: JSONObject = [
      "sidecar": .string(sidecar.name.shown), "digest": .string(Self.digest(bytes)),
    ]
    try file.append(JSONValue.object(entry).serialized() + [0x0A])
    announced.insert(sidecar.name.shown)
    last = (sidecar.name.shown, Self.digest(bytes))
  }

  /// Call when the run has come to its end.
  static func remove(from directory: FilePath) { directory.appending(name).remove() }

  private static func digest(_ bytes: [UInt8]) -> String {
    var hash = SHA256()
    hash.update(bytes)
    return hash.hexadecimal()
  }
}
