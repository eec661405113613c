// The directory of a run: its checkpoints, each of which is whole or not there.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput
import JSON

/// `OUT` of `llava-train -o OUT`: `checkpoint-N` for some steps, and at the end the result.
///
/// Locked while a run uses it, so that two cannot write over each other.
public final class RunDirectory {
  public let path: String
  private let descriptor: Int32
  /// Whether it was made for this run.
  private let isNew: Bool
  private let newParents: [String]

  /// Makes the directory where it is not there, and removes what a killed run left unfinished. One
  /// that is new goes away again if nothing comes to lie in it.
  ///
  /// `resumes`: whether it may hold a run already. Throws `io/…`, now rather than when the first
  /// checkpoint is due, `usage/locked` while another run is using it, and `usage/exists` where it
  /// holds what the run would mix with or replace.
  public init(_ path: String, resumes: Bool = true) throws(Failure) {
    self.path = path
    newParents = Self.makeParents(of: path)
    isNew = mkdir(path, 0o777) == 0
    if !isNew, errno != EEXIST { throw Self.system("create", path) }
    descriptor = retryingInterrupted { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw Self.system("open", path) }
    let locked = retryingInterrupted { flock(descriptor, LOCK_EX | LOCK_NB) }
    guard locked == 0 || errno != EWOULDBLOCK else {
      throw Failure(
        .usage, code: "usage/locked", at: path, "another run is writing here",
        remedy: "wait for it, or name another directory with -o")
    }
    try removeLeftovers()
    try checkContent(resumes: resumes)
    try probe()
    if isNew { try synchronizeDirectory(splitPath(path).directory) }
  }

  /// The directory `path` that another rank has made and locked; nothing is written by this one.
  public init(following path: String) {
    self.path = path
    (descriptor, isNew, newParents) = (-1, false, [])
  }

  /// What cannot be made is found out when the directory itself is made.
  /// Returns those that were not there, the innermost first.
  private static func makeParents(of path: String) -> [String] {
    let parent = splitPath(path).directory
    guard parent != path, access(parent, F_OK) != 0 else { return [] }
    let outer = makeParents(of: parent)
    return mkdir(parent, 0o777) == 0 ? [parent] + outer : outer
  }

  deinit {
    // Those that hold something stay.
    for made in (isNew ? [path] : []) + newParents { rmdir(made) }
    if descriptor >= 0 { close(descriptor) }
  }

  private func checkContent(resumes: Bool) throws(Failure) {
    let latest = try steps().last
    if resumes, latest != nil { return }
    if let latest {
      throw Failure(
        .usage, code: "usage/exists", at: path,
        "the directory holds checkpoints of a run, the latest of step \(latest)",
        remedy: "go on with --resume, or name another directory")
    }
    let names = try namesInDirectory(path, limit: 1 << 20)
    // A log, say, of a run that was killed before its first checkpoint may lie there, and the result
    // of one that was too short for any.
    if resumes {
      let holdsModel = names.contains("config.json")
      guard holdsModel, try result() == nil else { return }
    }
    guard let found = names.first else { return }
    throw Failure(
      .usage, code: "usage/exists", at: path,
      "expected a new or an empty directory for the run, found \(escapedForTerminal(found)) in it",
      remedy: "name another directory, or remove this one first")
  }

  /// What a run left.
  public struct Result: Sendable {
    /// Its description.
    public var run: JSONObject
    /// Steps that the run made; the weights may be those of an earlier one.
    public var steps: Int
    /// Whether evaluations ended it before its last step.
    public var hasStoppedEarly: Bool

    /// Whether a run of `totalSteps` has nothing left to do.
    public func isFinished(totalSteps: Int) -> Bool { hasStoppedEarly || steps >= totalSteps }
  }

  /// What the run that left a result here says of itself; nil where there is no result.
  public func result() throws(Failure) -> Result? {
    for name in ["llava_config.json", "config.json"] {
      guard
        let bytes = try ifUsable({ () throws(Failure) in
          try readWholeFile("\(path)/\(name)", limit: 16 << 20)
        }),
        let record = (try? JSONValue(parsing: bytes))?.object?["llava_tools"]?.object,
        let run = record["run"]?.object
      else { continue }
      let ending = record["evaluation"]?.object
      return Result(
        run: run, steps: ending?["run_steps"]?.int ?? record["steps"]?.int ?? 0,
        hasStoppedEarly: ending?["stopped_early"]?.bool ?? false)
    }
    return nil
  }

  /// Whether checkpoints can be made.
  private func probe() throws(Failure) {
    let hidden = "\(path)/.\(Self.prefix)probe.tmp"
    guard mkdir(hidden, 0o777) == 0 else { throw Self.system("write", path) }
    rmdir(hidden)
  }

  static func system(_ action: String, _ path: String) -> Failure {
    Failure(
      .inputOutput, code: "io/\(action)", at: path,
      "\(action): \(String(cString: strerror(errno)))", remedy: "check the path")
  }

  private static let prefix = "checkpoint-"

  /// The steps that there are checkpoints of in the directory `path`, ascending; none where there is
  /// no directory.
  public static func steps(in path: String) throws(Failure) -> [Int] {
    guard try fileExists(path) else { return [] }
    return try namesInDirectory(path, limit: 1 << 20).compactMap { name in
      guard name.hasPrefix(prefix) else { return nil }
      // Other spellings of a number are none of ours: `checkpointPath` would not find them.
      guard let step = Int(name.dropFirst(prefix.count)), step >= 0, name == "\(prefix)\(step)"
      else { return nil }
      return step
    }.sorted()
  }

  public static func checkpointPath(in path: String, step: Int) -> String {
    "\(path)/\(prefix)\(step)"
  }

  public func steps() throws(Failure) -> [Int] { try Self.steps(in: path) }

  public func checkpointPath(_ step: Int) -> String { Self.checkpointPath(in: path, step: step) }

  /// Writes the run's result into the directory: all of its files, or none of them. `write` gives
  /// them to a place that is out of sight; a configuration takes its name last, so that what has one
  /// is whole.
  public func publish(_ write: (AtomicDirectory) throws(Failure) -> Void) throws(Failure) {
    let hidden = "\(path)/.\(Self.prefix)result.tmp"
    removeFlatDirectory(hidden)
    defer { removeFlatDirectory(hidden) }
    let files = try AtomicDirectory(path: hidden)
    try write(files)
    try files.finish()
    let names = try namesInDirectory(hidden, limit: 1 << 20)
    let isConfig = { (name: String) in name.hasSuffix("config.json") }
    for name in names.filter({ !isConfig($0) }) + names.filter(isConfig) {
      guard rename("\(hidden)/\(name)", "\(path)/\(name)") == 0 else {
        throw Self.system("rename", "\(path)/\(name)")
      }
    }
    try synchronizeDirectory(path)
  }

  /// Removes all checkpoints but the `count` latest and those of `others`.
  public func keepLatest(_ count: Int, and others: Set<Int> = []) throws(Failure) {
    for step in try steps().dropLast(max(1, count)) where !others.contains(step) {
      try remove(step)
    }
  }

  /// Out of sight first: a checkpoint that is half removed must not be taken for one.
  private func remove(_ step: Int) throws(Failure) {
    let hidden = "\(path)/.\(Self.prefix)\(step).old.tmp"
    guard rename(checkpointPath(step), hidden) == 0 else {
      throw Self.system("rename", checkpointPath(step))
    }
    removeFlatDirectory(hidden)
  }

  /// Adds to the checkpoint of `step`, which was saved while this was evaluated, what that found. At
  /// every moment one manifest is there, and what a kill leaves has a leftover's name.
  func record(_ evaluations: EvaluationHistory, in step: Int) throws(Failure) {
    let checkpoint = checkpointPath(step)
    var manifest = try Manifest(in: checkpoint)
    manifest.evaluations = evaluations
    let hidden = "\(path)/.\(Self.prefix)\(step).manifest.tmp"
    let file = try AtomicFile(path: hidden)
    try file.write(JSONValue.object(manifest.json).indented())
    try file.finish()
    guard rename(hidden, "\(checkpoint)/\(Manifest.fileName)") == 0 else {
      throw Self.system("rename", hidden)
    }
    try synchronizeDirectory(checkpoint)
  }

  private func removeLeftovers() throws(Failure) {
    for name in try namesInDirectory(path, limit: 1 << 20, hidden: true) {
      // A hidden directory's own temporary has two dots.
      let visible = name.drop { $0 == "." }
      if visible.hasPrefix(Self.prefix), visible.hasSuffix(".tmp") {
        removeFlatDirectory("\(path)/\(name)")
      }
    }
  }
}
