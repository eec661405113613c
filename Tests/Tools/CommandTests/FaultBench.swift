// A tool at its work, again and again, with one call of the system failing each time.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

/// Calls of one name that are made to fail, with one error.
struct Fault: CustomStringConvertible, Sendable {
  let call: String
  /// Which call of that name, from 1 on, and how many calls later another one; 0: none.
  var number = 0
  var step = 0
  /// An errno; 0: the call does less than it was asked.
  let error: Int32

  /// Whether a program goes on as if nothing had been.
  var isHarmless: Bool { error == 0 || error == EINTR }

  var description: String {
    let what = error == 0 ? "short" : String(cString: strerror(error))
    return "\(call) \(number)\(step == 0 ? "" : " and each \(step) later"): \(what)"
  }

  /// The names that `faults.c` knows, in its order, and what the system may answer there.
  static let errors: [(call: String, errors: [Int32])] = [
    ("read", [EIO, EINTR, 0]), ("pread", [EIO, EINTR, 0]), ("write", [EIO, ENOSPC, EINTR, 0]),
    ("open", [EMFILE, EIO, ENOMEM, EINTR]), ("mmap", [ENOMEM]), ("fsync", [EIO, ENOSPC, EINTR]),
    ("rename", [EIO, ENOSPC]), ("close", [EIO, ENOSPC, EINTR]), ("pipe", [EMFILE]),
    ("poll", [EINTR, ENOMEM]), ("fstat", [EIO]), ("stat", [EIO]), ("ftruncate", [EIO, EINTR]),
    ("malloc", [ENOMEM]), ("dup", [EMFILE]), ("mkdir", [EIO, ENOSPC]), ("unlink", [EIO]),
    ("spawn", [EAGAIN, ENOMEM]), ("wait", [EINTR]), ("opendir", [EMFILE, ENOMEM]),
    ("readdir", [EIO]), ("flock", [EINTR, ENOLCK]), ("thread", [EAGAIN]), ("memfile", [EMFILE]),
    ("socketpair", [EMFILE]),
  ]
}

/// How a run ended, and what it left.
struct FaultOutcome {
  let status: Int32
  let errors: String
  /// By path beneath the run's directory; what came to stdout is `stdout`.
  let files: [String: [UInt8]]
  /// How often each call of `Fault.errors` was made, in that order.
  let counts: [Int]
  let faults: Int
}

/// A directory of inputs, and `run` in it for what one run writes.
final class FaultBench {
  let work: FaultWork
  let directory: TemporaryDirectory
  /// What is written where nothing fails.
  private(set) var expected: FaultOutcome

  init(_ work: FaultWork) throws {
    self.work = work
    directory = try Workbench.bare()
    let made = try Workbench.run(
      """
      set -e; ulimit -c 0
      cc -w -O1 -shared -fPIC -o faults.so \(packageRoot)/Tests/Helpers/faults/faults.c -ldl
      mkdir before; \(work.setup)
      """, in: directory, environment: work.environment)
    try #require(made.status == 0, "\(made.errors)")
    expected = FaultOutcome(status: 0, errors: "", files: [:], counts: [], faults: 0)
    expected = try run(Fault(call: "none", error: 0))
    try #require(expected.status == 0, "\(expected.errors)")
  }

  func run(_ fault: Fault) throws -> FaultOutcome {
    let run = directory.file("run")
    try directory.write(
      [UInt8](repeating: 0, count: 4 * (Fault.errors.count + 1)), to: "counts")
    let result = try Shell.bash(
      """
      cd .. && rm -rf run && cp -r before run && cd run
      export FAULT_COUNTS=../counts LD_PRELOAD=../faults.so
      timeout -k 1 50 bash -o pipefail -c "$FAULT_SCRIPT" > stdout
      """, in: "\(directory.path)/before",
      environment: Workbench.environment.merging(work.environment) { $1 }.merging([
        "FAULT_SCRIPT": work.script, "FAULT_PROGRAM": work.tool, "FAULT_CALL": fault.call,
        "FAULT_NUMBER": "\(fault.number)",
        "FAULT_STEP": "\(fault.step)", "FAULT_ERROR": "\(fault.error)",
      ]) { $1 }, timeout: 60)
    let counts = try directory.read("counts").withUnsafeBytes { bytes in
      bytes.bindMemory(to: UInt32.self).map { Int($0) }
    }
    return FaultOutcome(
      status: result.status, errors: result.errors, files: try Self.files(in: run),
      counts: Array(counts.dropLast()), faults: counts.last ?? 0)
  }

  private static func files(in directory: String) throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: directory) {
      let whole = "\(directory)/\(path)"
      var isDirectory: ObjCBool = false
      FileManager.default.fileExists(atPath: whole, isDirectory: &isDirectory)
      files[path] =
        isDirectory.boolValue ? [] : [UInt8](try Data(contentsOf: URL(fileURLWithPath: whole)))
    }
    return files
  }

  /// What `outcome` breaks of the promises; nil where it keeps them.
  func complaint(about outcome: FaultOutcome, _ fault: Fault) -> String? {
    if outcome.status == 0 || fault.isHarmless {
      guard outcome.status == 0 else { return "status \(outcome.status), \(outcome.errors)" }
      let wrong = Set(outcome.files.keys).union(expected.files.keys).filter {
        outcome.files[$0] != expected.files[$0]
      }
      // Where a file cannot be removed, it is left.
      if fault.call == "unlink", wrong.allSatisfy({ $0.hasSuffix(".tmp") }) { return nil }
      return wrong.isEmpty ? nil : "status 0, but wrong or left: \(wrong.sorted())"
    }
    guard work.statuses.contains(outcome.status) else {
      return "status \(outcome.status), \(outcome.errors)"
    }
    let lines = outcome.errors.split(separator: "\n")
    if lines.isEmpty { return "status \(outcome.status), and no error" }
    if let line = lines.first(where: { !isPromised($0) }) { return "line \(line)" }
    return wrongFile(of: outcome).map { "status \(outcome.status), \($0): \(outcome.errors)" }
  }

  /// `tool: place: message (remedy)`
  private func isPromised(_ line: Substring) -> Bool {
    line.wholeMatch(of: #/[a-z]+-[a-z]+: [^:].*[^:. ]/#) != nil && !line.contains("internal")
  }

  /// Under its name a file is what it was, or what it is to become; stdout and files that grow, a
  /// beginning of that. No other is left.
  private func wrongFile(of outcome: FaultOutcome) -> String? {
    for (path, bytes) in outcome.files {
      guard let whole = expected.files[path] else {
        if work.passing.contains(where: path.hasPrefix) { continue }
        return "left \(path)"
      }
      if whole == bytes { continue }
      if let old = before[path], old == bytes { continue }
      let grows = path == "stdout" || work.growing.contains(path)
      if !(grows && whole.starts(with: bytes)) { return "\(path) is not whole" }
    }
    for path in expected.files.keys where outcome.files[path] == nil {
      let directory = (path as NSString).deletingLastPathComponent
      let isOpen = directory.isEmpty || work.parts.contains(directory)
      if before[path] != nil || (outcome.files[directory] != nil && !isOpen) {
        return "lost \(path)"
      }
    }
    return nil
  }

  private lazy var before = (try? Self.files(in: directory.file("before"))) ?? [:]
}

/// What a tool is asked to do where calls fail.
struct FaultWork: CustomTestStringConvertible, Sendable {
  /// The program whose calls fail; `script` may run others.
  let tool: String
  /// Run in an empty directory but for `before`'s files; inputs lie in `..`.
  let script: String
  /// Makes the inputs, and in `before` what is there already.
  var setup = "true"
  var environment: [String: String] = [:]
  /// Files that grow line by line, of which a beginning may be left.
  var growing: Set<String> = []
  /// Directories of which some files may be there and others not; of any other one all, or none.
  var parts: Set<String> = []
  /// Beginnings of paths that are gone once all is done, and may be there before.
  var passing: [String] = []
  /// How it may end where a call fails for good.
  var statuses: Set<Int32> = [4, 5]

  var testDescription: String { script }
}
