// Running programs: their output is drained while they run, so that none waits for us.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc

/// How a program ended and what it wrote.
public struct ShellResult: Sendable {
  /// The exit status; 128 + n after signal n, as a shell says it.
  public let status: Int32
  public let output: [UInt8]
  public let errors: String

  public var text: String { String(decoding: output, as: UTF8.self) }
}

/// Programs as a user runs them.
public enum Shell {
  /// Where the tools are: the directory that LLAVA_TOOLS_DIRECTORY names (`make test` names the
  /// release build's), else beside the test program.
  public static let toolsDirectory: String = {
    let named = ProcessInfo.processInfo.environment["LLAVA_TOOLS_DIRECTORY"] ?? ""
    return named.isEmpty ? testDirectory : URL(fileURLWithPath: named).path
  }()

  /// Where the test program is, and what is built beside it.
  public static let testDirectory: String = {
    let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(fileURLWithPath: link ?? CommandLine.arguments[0]).deletingLastPathComponent().path
  }()

  /// Runs `script` with bash -o pipefail, the tools first on PATH, and `input` on its stdin.
  /// `timeout` in seconds: afterwards the script is killed (status 137).
  public static func bash(
    _ script: String, input: [UInt8] = [], in directory: String? = nil,
    environment: [String: String] = [:], timeout: Double = 60
  ) throws -> ShellResult {
    var variables = ProcessInfo.processInfo.environment
    variables["PATH"] = toolsDirectory + ":" + (variables["PATH"] ?? "/usr/bin:/bin")
    variables["LC_ALL"] = "C"
    variables.merge(environment) { $1 }
    let process = Process()
    // This process ignores SIGPIPE, which children would inherit; a shell's children do not.
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["--default-signal=PIPE", "bash", "-o", "pipefail", "-c", script]
    process.environment = variables
    if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
    let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
    process.standardInput = stdin
    process.standardOutput = stdout
    process.standardError = stderr
    // One at a time: Foundation's run has crashed when several threads started processes at once.
    try starting.withLock { try withSignalsUnblocked { try process.run() } }
    let errors = Drain(stderr.fileHandleForReading)
    let output = Drain(stdout.fileHandleForReading)
    feed(input, to: stdin.fileHandleForWriting)
    // Its number alone: the queue keeps the watchdog until its time has come, and with the process it
    // would keep all its pipes open. Foundation's run reads past the list of over a thousand.
    let number = process.processIdentifier
    let watchdog = DispatchWorkItem { kill(number, SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + timeout, execute: watchdog)
    process.waitUntilExit()
    watchdog.cancel()
    let status = process.terminationStatus
    return ShellResult(
      status: process.terminationReason == .uncaughtSignal ? 128 + status : status,
      output: output.wait(), errors: String(decoding: errors.wait(), as: UTF8.self))
  }

  /// The same inside a temporary directory, which outlives the script.
  public static func bash(
    _ script: String, input: [UInt8] = [], in directory: TemporaryDirectory,
    environment: [String: String] = [:], timeout: Double = 60
  ) throws -> ShellResult {
    defer { withExtendedLifetime(directory) {} }
    return try bash(
      script, input: input, in: directory.path, environment: environment, timeout: timeout)
  }

  private static let starting = NSLock()

  /// Threads of a pool block signals, and a program inherits that.
  private static func withSignalsUnblocked(_ body: () throws -> Void) rethrows {
    var (none, old) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &old)
    defer { pthread_sigmask(SIG_SETMASK, &old, nil) }
    try body()
  }

  /// Writes in the background; a program that reads none of it is no error.
  private static func feed(_ input: [UInt8], to handle: FileHandle) {
    // Not SIG_IGN, which programs would inherit and pass on; a handler they do not.
    signal(SIGPIPE) { _ in }
    DispatchQueue.global().async {
      try? handle.write(contentsOf: input)
      try? handle.close()
    }
  }
}

/// Reads a pipe to its end on a thread of its own.
private final class Drain: @unchecked Sendable {
  private var bytes: [UInt8] = []
  private let done = DispatchSemaphore(value: 0)

  init(_ handle: FileHandle) {
    Thread.detachNewThread { [self] in
      bytes = [UInt8]((try? handle.readToEnd()) ?? Data())
      done.signal()
    }
  }

  func wait() -> [UInt8] {
    done.wait()
    return bytes
  }
}
