// The processes of one distributed run, and how they agree.
// SPDX-License-Identifier: Apache-2.0
import CMPI
import Glibc
import InputOutput
import JSON

/// The ranks of a run, or the only process that it has. For the thread that runs the tool.
///
/// All ranks call the same functions in the same order. A rank that fails says so at the next `exchange`,
/// where every rank throws what it said; a rank that does not come there within `patience` ends the job.
public final class RankGroup {
  public let rank: Int
  public let size: Int
  /// Seconds that ranks wait for each other; 0: no limit.
  let patience: Double
  let mpi: llava_mpi?
  /// The names of all ranks' machines.
  public private(set) var hosts: [String]
  /// The failure that all ranks know of, if there is one.
  public private(set) var agreedFailure: Failure?
  /// Says why the job ends where only this rank can.
  private let lastWords: (Failure) -> Void

  /// One process.
  public init() {
    (rank, size, patience, mpi, hosts) = (0, 1, 0, nil, [""])
    lastWords = { _ in }
  }

  /// Begins MPI. Throws `mpi/…` where the library is missing, and where the ranks that it knows are
  /// others than those that were started.
  public init(
    _ launcher: Launcher, patience: Double, lastWords: @escaping (Failure) -> Void
  ) throws(Failure) {
    let table = try MPILibrary.load().pointee
    var (rank, size) = (Int32(0), Int32(1))
    let error = table.start(&rank, &size)
    guard error == 0 else {
      throw Failure(
        .inputOutput, code: "mpi/start", "MPI does not start: \(Self.text(error, table))",
        remedy: "see whether \(launcher.name) is of the MPI that make mpi found")
    }
    guard Int(size) == launcher.size else {
      throw Failure(
        .mismatch, code: "mpi/other-launcher",
        "\(launcher.name) started \(counted(launcher.size, "rank")), MPI knows of \(size)",
        remedy:
          "use the launcher of the MPI that make mpi found; with Slurm, srun --mpi=pmix or pmi2")
    }
    (self.rank, self.size, self.patience) = (Int(rank), Int(size), patience)
    (mpi, self.lastWords) = (table, lastWords)
    hosts = [String](repeating: "", count: Int(size))
    let own: JSONObject = ["host": .string(Self.hostName())]
    hosts = try exchange(own, at: "the start").map { $0["host"]?.string ?? "" }
  }

  public var isFirst: Bool { rank == 0 }

  /// Ranks as messages name them.
  public func name(_ rank: Int) -> String { Self.name(rank, host: hosts[rank]) }

  static func name(_ rank: Int, host: String) -> String {
    host.isEmpty ? "rank \(rank)" : "rank \(rank) on \(escapedForTerminal(host))"
  }

  /// Leaves MPI at a proper end, all ranks together.
  public func finish() { mpi?.finish() }

  /// Every rank's message to all of them, by rank; `place`: where in the run, in words.
  ///
  /// Throws the failure of a rank that has announced one.
  public func exchange(_ message: JSONObject, at place: String) throws(Failure) -> [JSONObject] {
    guard size > 1 else { return [message] }
    return try meet(["at": .string(place), "message": .object(message)], at: place)
  }

  /// Tells all ranks, at the next place where they meet, that this one cannot go on. Returns what all of
  /// them fail with: the first of several failures.
  public func announce(_ failure: Failure) -> Failure {
    if size == 1 { return failure }
    if let agreedFailure { return agreedFailure }
    do throws(Failure) {
      _ = try meet(["failure": .object(failure.json)], at: "the end")
      return failure
    } catch {
      return error
    }
  }

  /// Lets all ranks do together what is left to do after a failure; what fails meanwhile is agreed on by
  /// itself.
  public func afterFailure<E>(_ failure: Failure, _ body: () throws(E) -> Void) throws(E) {
    agreedFailure = nil
    try body()
    agreedFailure = failure
  }

  private func meet(_ message: JSONObject, at place: String) throws(Failure) -> [JSONObject] {
    let bytes = JSONValue.object(message).serialized()
    let all = try exchanged(bytes, at: place).map { (bytes) throws(Failure) in
      guard let object = (try? JSONValue(parsing: bytes))?.object else {
        throw Self.outOfStep("a message that is none")
      }
      return object
    }
    if let failure = failure(of: all) {
      agreedFailure = failure
      throw failure
    }
    let places = Set(all.map { $0["at"]?.string ?? "" })
    guard places.count == 1 else {
      throw Self.outOfStep(places.sorted().joined(separator: " and "))
    }
    return all.map { $0["message"]?.object ?? JSONObject() }
  }

  private static func outOfStep(_ found: String) -> Failure {
    Failure(
      .internalError, code: "internal/ranks", "ranks are at different places: \(found)",
      remedy: "start all ranks with the same options")
  }

  /// What ends the run: the first failure that is no signal's, else the signal's, which all ranks take.
  private func failure(of messages: [JSONObject]) -> Failure? {
    let found = messages.enumerated().compactMap {
      rank, message -> (rank: Int, failure: Failure)? in
      message["failure"]?.object.flatMap { Failure($0) }.map { (rank, $0) }
    }
    let own = found.first { $0.failure.kind != .interrupted }
    guard let (rank, failure) = own ?? found.first else { return nil }
    if failure.kind == .interrupted {
      let signal = messages[rank]["failure"]?.object?["signal"]?.int
      if Interruption.signal == nil, let signal { raise(Int32(clamping: signal)) }
      return failure
    }
    // What all of them say alike is no rank's own.
    let isShared = found.count == size && found.allSatisfy { $0.failure == failure }
    return isShared || rank == 0 ? failure : failure.at(name(rank))
  }

  static func hostName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "" }
    return buffer.withUnsafeBytes { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  private static func text(_ error: Int32, _ table: llava_mpi) -> String {
    var text = [CChar](repeating: 0, count: 300)
    table.describe(error, &text, text.count)
    return text.withUnsafeBytes { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  private func exchanged(_ bytes: [UInt8], at place: String) -> [[UInt8]] {
    guard let mpi else { return [bytes] }
    var counts = [Int64](repeating: 0, count: size)
    var late = [UInt8](repeating: 0, count: size)
    var all: UnsafeMutablePointer<UInt8>?
    let error = mpi.exchange(bytes, Int64(bytes.count), patience, &all, &counts, &late)
    if error != 0 { end(error, at: place, late: late.indices.filter { late[$0] != 0 }) }
    defer { mpi.release(all) }
    var begin = 0
    return counts.map { count in
      defer { begin += Int(count) }
      return Array(UnsafeBufferPointer(start: all.map { $0 + begin }, count: Int(count)))
    }
  }

  /// Waits for slices are longer than those for a rank, and end one rank after the other.
  var transferPatience: Double { patience > 0 ? patience + 10 + Double(rank) : 0 }

  /// Ends the job unless `error` is 0: nobody can be told any more but the user.
  func check(_ error: Int32, at place: String) {
    if error != 0 { end(error, at: place, late: []) }
  }

  private func reason(_ error: Int32, at place: String, late: String) -> String {
    let absent = Int(LLAVA_MPI_ABSENT) - Int(error)
    if (0..<size).contains(absent) { return "\(name(absent)) does not answer at \(place)" }
    if error == Int32(LLAVA_MPI_LATE) {
      return
        "\(late.isEmpty ? "some rank" : late) did not come to \(place) within \(Int(patience)) s"
    }
    return "\(place): MPI: \(mpi.map { Self.text(error, $0) } ?? "")"
  }

  private func end(_ error: Int32, at place: String, late: [Int]) -> Never {
    let isLate = error == Int32(LLAVA_MPI_LATE) || error <= Int32(LLAVA_MPI_ABSENT)
    lastWords(
      Failure(
        .inputOutput, code: isLate ? "mpi/late" : "mpi/error",
        reason(error, at: place, late: late.map(name).joined(separator: ", ")),
        remedy: "look at that machine and its disk; --resume goes on after the last checkpoint"))
    Interruption.removeTemporaryFiles()
    mpi?.abort(ExitStatus.inputOutput.rawValue)
    exit(ExitStatus.inputOutput.rawValue)
  }
}
