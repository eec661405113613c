// The ids in an earlier run's output, so that a run can be resumed.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import InputOutput
import JSON
import Records
import Streams
import ToolSupport

/// The options for resuming a run.
struct DoneOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Leave out records whose id is in this JSONL file, which need not exist.", valueName: "file"),
    completion: .file())
  var skipDone: String?

  @Flag(help: "Remove an unfinished record from the end of the --skip-done file.")
  var repair = false

  func validate() throws {
    if repair, skipDone == nil { throw ValidationError("--repair goes with --skip-done") }
  }

  func records(_ session: Session) throws(Failure) -> DoneRecords? {
    guard let skipDone else { return nil }
    try checkPath(skipDone)
    // The first run of a pipe that ends in `>> FILE`: the shell may not have made the file yet.
    if access(skipDone, F_OK) != 0, errno == ENOENT {
      if session.settings.isVerbose {
        session.reporter.note("\(skipDone): not there yet, so no record is done")
      }
      return nil
    }
    return try DoneRecords(path: skipDone, repairs: repair, session)
  }
}

/// Records that need not be made again.
struct DoneRecords {
  /// How many records of each id are done. As bytes: equal strings may be spelled differently, and
  /// then name different files.
  private var ids: [[UInt8]: Int] = [:]

  /// Reads the ids of the JSONL in `path`, plain or compressed. An end mark may be missing: the run
  /// that wrote it did not end. Where the last record is not whole, `repairs` cuts it off.
  ///
  /// Throws `done/torn` where that would help, `done/not-output` for what no run of ours wrote: of
  /// that nothing is ever cut.
  init(path: String, repairs: Bool, _ session: Session) throws(Failure) {
    let file = try MappedFile(path: path)
    let records = WholeRecords(file.bytes)
    let isEnded = records.end == .nothing
    let source = try PrefixSource(
      path: path, count: records.byteCount == 0 || isEnded ? .max : records.byteCount)
    let reporter = session.reporter
    let reader = try openObjects(source, format: .jsonl, limits: session.settings.limits) {
      reporter.warning($0)
    }
    if isEnded || records.byteCount > 0 { try read(reader, refusesOthers: !isEnded) }
    if isEnded { return }
    guard records.byteCount > 0, records.end != .foreign else {
      throw Failure(
        .invalidInput, code: "done/not-output", at: "\(path):byte \(records.byteCount)",
        "expected records of an earlier run, found an end that none has written",
        remedy: "name the run's output, or leave out --skip-done")
    }
    try mend(path, size: file.bytes.count, records, repairs: repairs, session)
    if records.end == .unendedLine {
      let line = file.bytes[records.byteCount...]
      let last = try openObjects(MemorySource(Array(line), name: path), format: .jsonl)
      try read(last, refusesOthers: true)
    }
  }

  /// Whether a tool of ours wrote `object`: a prompt, an answer or a skip.
  private static func isOutput(_ object: JSONObject) -> Bool {
    object["prompt"]?.object != nil || object["finish_reason"]?.string != nil
      || SkipMark(of: object) != nil
  }

  /// Whether `object` is a part of an answer, as vicuna-decode --deltas writes it, not a record.
  private static func isDelta(_ object: JSONObject) -> Bool {
    object.keys == ["id", "delta"] && object["delta"]?.string != nil
  }

  /// Adds the ids of all objects except parts of answers. `refusesOthers`: throw `done/not-output` for
  /// objects that no tool of ours wrote.
  private mutating func read(_ reader: any ObjectReader, refusesOthers: Bool) throws(Failure) {
    do throws(Failure) {
      while let line = try reader.next() {
        let object = try line.result.get()
        if Self.isDelta(object) { continue }
        let id = Record.id(of: object)
        if let id { ids[Self.key(id), default: 0] += 1 }
        guard !refusesOthers || (id != nil && Self.isOutput(object)) else {
          throw Failure(
            .invalidInput, code: "done/not-output", at: "\(reader.name): line \(line.number)",
            "expected a record of an earlier run, found an object that none has written",
            remedy: "name the run's output", kind: .otherFormat)
        }
      }
    } catch {
      if error.kind == .noEndMark { return }
      guard error.kind == .ordinary, error.status == .invalidInput else { throw error }
      throw Failure(
        .invalidInput, code: "done/not-output", at: error.place,
        "expected a record of an earlier run, found something else: \(error.message)",
        remedy: "name the run's output")
    }
  }

  private func mend(
    _ path: String, size: Int, _ records: WholeRecords, repairs: Bool, _ session: Session
  ) throws(Failure) {
    let isWhole = records.end == .unendedLine
    let found = isWhole ? "the last line lacks its end" : "the last record is cut"
    guard repairs else {
      throw Failure(
        .invalidInput, code: "done/torn", at: "\(path):byte \(records.byteCount)",
        "\(found): the run that wrote it was stopped",
        remedy: isWhole ? "--repair adds it" : "--repair cuts it off")
    }
    try mendEnd(
      of: path, size: size, keeping: isWhole ? size : records.byteCount,
      ending: isWhole ? [0x0A] : [])
    session.reporter.note(
      isWhole
        ? "\(path): the end of the last line added"
        : "\(path): \(counted(size - records.byteCount, "byte")) of a record that was not finished"
          + " cut off")
  }

  /// Whether the next record of this id is done. Each done record stands for one of the input: of
  /// two with the same id, such as two questions about an image, one may be done and one not.
  mutating func take(_ id: String) -> Bool {
    guard let count = ids[Self.key(id)], count > 0 else { return false }
    ids[Self.key(id)] = count - 1
    return true
  }

  /// An id as streams carry it: those of skipped records are written so.
  private static func key(_ id: String) -> [UInt8] {
    Array(streamIdentifier(id, sequence: 0).utf8)
  }
}

/// The first bytes of a file.
private final class PrefixSource: ByteSource {
  let name: String
  private let file: FileSource
  private var left: Int

  init(path: String, count: Int) throws(Failure) {
    file = try FileSource(path: path)
    (name, left) = (path, count)
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
    let count = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(left)))
    left -= count
    return count
  }
}
