// What a run has written into a directory, so that one that was killed adds nothing twice.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// A hidden file in a directory whose sidecars are changed: before each change a line with the name and
/// the digest that the sidecar will have, and one more at the end of the run, which then removes it.
///
/// Only the last change can have been announced and not made: its sidecar's digest tells.
final class SidecarJournal {
  /// What was found when it was opened.
  enum State {
    case new
    /// Of a run that was stopped.
    case open
    /// Of a run that has come to its end.
    case finished
  }

  private(set) var state = State.new
  private static let name = FilePath(".llava-caption.journal")
  private let file: AppendFile
  private let directory: FilePath
  private let heading: [UInt8]
  /// The sidecars that were changed, by their names.
  private var changed: Set<FilePath> = []

  /// Opens or makes the journal in `directory` of runs with the digest `run`; what another run left is
  /// of no use and goes.
  ///
  /// Throws what `AppendFile` throws, `usage/locked` where another run works there.
  init(in directory: FilePath, run: String) throws(Failure) {
    self.directory = directory
    file = try AppendFile(
      path: directory.appending(Self.name), mode: 0o666, followsLinks: false)
    heading = Array(
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
    if start == heading { try readEntries() } else { try clear() }
  }

  private func readEntries() throws(Failure) {
    var last: (name: FilePath, digest: String, place: Range<Int>)?
    state = .open
    let torn = try file.readLines(from: heading.count) { (line, place) throws(Failure) in
      let entry = try? JSONValue(parsing: line).object
      state = entry?["finished"] == .bool(true) ? .finished : .open
      guard let name = Self.name(of: entry?["sidecar"]), let digest = entry?["digest"]?.string
      else { return }
      changed.insert(name)
      last = (name, digest, place)
    }
    if !torn.isEmpty { try file.truncate(to: file.size - torn.count) }
    // An entry that others follow was carried out.
    guard let last, last.place.upperBound + 1 == file.size else { return }
    let sidecar = directory.appending(last.name)
    let found = try ifUsable { () throws(Failure) in
      try sidecar.contents(limit: SidecarPlan.largestText)
    }
    guard (found ?? nil).map(Self.digest) != last.digest else { return }
    changed.remove(last.name)
    try file.truncate(to: last.place.lowerBound)
  }

  /// Whether a run that was stopped has changed `sidecar`.
  func isDone(_ sidecar: FilePath) -> Bool { changed.contains(sidecar.name) }

  /// Announces that `sidecar` becomes `bytes`, and makes it so; what fails is announced no more.
  func change(_ sidecar: FilePath, to bytes: [UInt8]) throws(Failure) {
    let end = file.size
    try announce(sidecar, bytes)
    do throws(Failure) { try sidecar.replace(with: bytes) } catch {
      changed.remove(sidecar.name)
      try file.truncate(to: end)
      throw error
    }
  }

  /// What comes before a change.
  func announce(_ sidecar: FilePath, _ bytes: [UInt8]) throws(Failure) {
    let name = sidecar.name
    try file.append(
      Self.line(["sidecar": Self.value(of: name), "digest": .string(Self.digest(bytes))]))
    changed.insert(name)
  }

  /// Call when the run has come to its end, before any journal of it is removed.
  func finish() throws(Failure) {
    try file.append(Self.line(["finished": .bool(true)]))
  }

  /// Forgets what is in it.
  func clear() throws(Failure) {
    try file.truncate(to: 0)
    try file.append(heading)
    (state, changed) = (.new, [])
  }

  /// Whether there is one in `directory`, whoever may read it.
  static func isThere(in directory: FilePath) -> Bool { directory.appending(name).isThere }

  func remove() { directory.appending(Self.name).remove() }

  private static func line(_ entry: JSONObject) -> [UInt8] {
    JSONValue.object(entry).serialized() + [0x0A]
  }

  /// A name as JSON: a text, or where it is none its bytes.
  private static func value(of name: FilePath) -> JSONValue {
    name.text.map(JSONValue.string) ?? .array(name.bytes.map { .int(Int($0)) })
  }

  private static func name(of value: JSONValue?) -> FilePath? {
    if let text = value?.string { return FilePath(text) }
    return value?.array.map { FilePath(bytes: $0.map { UInt8(clamping: $0.int ?? 0) }) }
  }

  private static func digest(_ bytes: [UInt8]) -> String {
    var hash = SHA256()
    hash.update(bytes)
    return hash.hexadecimal()
  }
}
