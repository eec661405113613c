// Where captions go, and which of them are there already.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// Takes the captions of one picture after the other.
public protocol CaptionOutput {
  /// The questions about `picture` that need no answer, since there is one. Throws where its captions
  /// could not be written.
  mutating func answered(_ questions: [String], about picture: FilePath) throws(Failure)
    -> Set<String>
  /// Takes the answers to all other questions about a picture, in their order.
  mutating func write(_ captions: [Caption], of picture: FilePath) throws(Failure)
  /// Call when all pictures are through.
  mutating func finish() throws(Failure)
}

/// Captions as lines of a sink: the text alone, or with its picture before it.
public struct CaptionText: CaptionOutput {
  private let sink: any ByteSink
  private let lines: CaptionLines?
  private let namesPictures: Bool

  /// `lines`: nil for plain text, with the picture's name before it where `namesPictures`.
  public init(_ sink: any ByteSink, _ lines: CaptionLines?, namesPictures: Bool) throws(Failure) {
    (self.sink, self.lines, self.namesPictures) = (sink, lines, namesPictures)
    if let lines { try sink.write(lines.heading) }
  }

  public func answered(_ questions: [String], about picture: FilePath) -> Set<String> { [] }

  public func write(_ captions: [Caption], of picture: FilePath) throws(Failure) {
    let bytes = captions.flatMap { caption in lines?.line(caption) ?? plain(caption) }
    let isShown = sink.isTerminal
    try sink.write(
      isShown
        ? Array(
          (escapedLinesForTerminal(String(decoding: bytes.dropLast(), as: UTF8.self)) + "\n").utf8)
        : bytes)
  }

  private func plain(_ caption: Caption) -> [UInt8] {
    let name = namesPictures ? escapedForTerminal(caption.picture.shown) + ": " : ""
    return Array("\(name)\(caption.text.inOneLine)\n".utf8)
  }

  public func finish() throws(Failure) { try sink.finish() }
}

/// Captions in a table that is kept from run to run.
public struct CaptionFile: CaptionOutput {
  private let table: CaptionTable

  /// See `CaptionTable`; `existing`: `skip` or `overwrite`. Throws what opening the file throws.
  public init(path: String, _ lines: CaptionLines, existing: ExistingText) throws(Failure) {
    table = try CaptionTable(path: path, lines, isNew: existing == .overwrite)
  }

  public func answered(_ questions: [String], about picture: FilePath) -> Set<String> {
    Set(questions.filter { table.has(picture, $0) })
  }

  public func write(_ captions: [Caption], of picture: FilePath) throws(Failure) {
    try table.write(captions)
  }

  public func finish() throws(Failure) { try table.finish() }
}

/// Captions in text files beside the pictures.
public final class Sidecars: CaptionOutput {
  public let plan: SidecarPlan
  /// The digest of what decides a run's texts: another one goes over all pictures anew.
  private let run: String
  /// All directories that get texts, by one of their names.
  private let directories: [FileIdentity: FilePath]
  /// The journals that are open, a few, as each takes a descriptor.
  private var journals: [FileIdentity: SidecarJournal] = [:]
  /// Directories in which no journal could be opened.
  private var closed: Set<FileIdentity> = []

  private static let mostJournals = 64

  /// For texts beside `pictures`. Goes on with a run that was stopped, where it was the same.
  ///
  /// Throws what `SidecarJournal` throws, but for a directory that takes no journal: its pictures are
  /// skipped. Nothing where texts that are there stay, which needs none.
  public init(_ plan: SidecarPlan, run: String, pictures: [FilePath]) throws(Failure) {
    (self.plan, self.run) = (plan, run)
    var directories: [FileIdentity: FilePath] = [:]
    for directory in Set(pictures.map { plan.file(beside: $0).directory })
    where directory.isDirectory {
      directory.identity.map { directories[$0] = directory }
    }
    self.directories = directories
    for directory in directories.values { directory.removeAbandonedFiles() }
    if plan.existing != .skip { try forgetFinishedRun() }
  }

  /// A run has ended once all its journals say so, also those that it could not remove any more.
  private func forgetFinishedRun() throws(Failure) {
    var finished: [FilePath] = []
    for directory in directories.values {
      do throws(Failure) {
        switch try journal(in: directory).state {
        case .new: continue
        case .open: return
        case .finished: finished.append(directory)
        }
      } catch {
        guard error.refusesOneFile else { throw error }
      }
    }
    for directory in finished { try journal(in: directory).clear() }
  }

  public func answered(_ questions: [String], about picture: FilePath) throws(Failure)
    -> Set<String>
  {
    let file = plan.file(beside: picture)
    return try spoilingOnePicture { () throws(Failure) in
      try plan.checkPlace(file)
      let isThere =
        plan.existing == .skip ? file.status != nil : try journal(in: file.directory).isDone(file)
      return isThere ? Set(questions) : []
    }
  }

  public func write(_ captions: [Caption], of picture: FilePath) throws(Failure) {
    let file = plan.file(beside: picture)
    try spoilingOnePicture { () throws(Failure) in
      let old = try file.contents(limit: SidecarPlan.largestText)
      guard let bytes = plan.contents(captions.map(\.text), over: old) else { return }
      if plan.existing == .skip {
        try file.replace(with: bytes)
      } else {
        try journal(in: file.directory).change(file, to: bytes)
      }
    }
  }

  /// What `body` throws about one file or directory becomes the fault of the picture.
  private func spoilingOnePicture<Result>(_ body: () throws(Failure) -> Result) throws(Failure)
    -> Result
  {
    do throws(Failure) { return try body() } catch {
      var failure = error
      if failure.refusesOneFile { failure.status = .invalidInput }
      throw failure
    }
  }

  public func finish() throws(Failure) {
    if plan.existing == .skip { return }
    // One that was removed meanwhile took its journal with it.
    let open = directories.filter { !closed.contains($0.key) && $0.value.identity == $0.key }.values
    // A journal that cannot be opened may say that this very run was stopped there: it has not ended.
    let isStopped = closed.contains { directories[$0].map(SidecarJournal.isThere) == true }
    if isStopped { return }
    for directory in open { try journal(in: directory).finish() }
    for directory in open { try journal(in: directory).remove() }
  }

  private func journal(in directory: FilePath) throws(Failure) -> SidecarJournal {
    let identity = directory.identity
    if let identity, let journal = journals[identity] { return journal }
    if journals.count == Self.mostJournals { journals = [:] }
    do throws(Failure) {
      let journal = try SidecarJournal(in: directory, run: run)
      identity.map { journals[$0] = journal }
      return journal
    } catch {
      if let identity, error.refusesOneFile { closed.insert(identity) }
      throw error
    }
  }
}

extension Failure {
  /// Whether it tells of one file or directory alone: permissions, a mount that is only read, a name. A
  /// full disk, or one that fails, is none of these.
  fileprivate var refusesOneFile: Bool {
    spoilsRecordOnly || status == .inputOutput && kind == .ordinary
  }
}
