// Running a program on bytes in memory, with limits on everything that it may do.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput

/// A program that is run on bytes: they are its stdin, a file without a name, and what it writes to
/// stdout and stderr is kept.
public struct BoundedProcess: Sendable {
  public let program: String
  public let arguments: [String]
  /// Largest number of bytes read from stdout; a program that writes more is killed.
  public var outputLimit = 1 << 20
  /// Largest number of bytes kept from stderr.
  public var errorLimit = 1 << 16
  /// After this time it is killed, whatever it does.
  public var seconds = 60.0

  public init(program: String, arguments: [String]) {
    self.program = program
    self.arguments = arguments
  }

  /// How it ended.
  public enum Ending: Equatable, Sendable {
    case exited(Int32)
    case signalled(Int32)
    /// It was still running after its time.
    case overtime
    /// It wrote more than its limit.
    case overflow
  }

  public struct Result: Sendable {
    public let ending: Ending
    public let output: [UInt8]
    public let errors: [UInt8]
  }

  /// Runs it to its end. It has a process group of its own, so that a terminal's Ctrl-C is left to
  /// us, the default signals, and of the environment only what its loader reads.
  ///
  /// Throws `io/…` for what the system lacks; `files/missing` where the program is not there.
  public func run(input: [UInt8]) throws(Failure) -> Result {
    let stdin = try Descriptor.holding(input)
    let (output, outputEnd) = try Descriptor.pipe()
    let (errors, errorEnd) = try Descriptor.pipe()
    let number = try start([stdin, outputEnd, errorEnd])
    outputEnd.close()
    errorEnd.close()
    var kept = (output: [UInt8](), errors: [UInt8]())
    let ending: Ending?
    do throws(Failure) { ending = try collect(output, errors, into: &kept) } catch {
      kill(number, SIGKILL)
      _ = wait(for: number)
      throw error
    }
    if ending != nil { kill(number, SIGKILL) }
    let status = wait(for: number)
    return Result(ending: ending ?? status, output: kept.output, errors: kept.errors)
  }

  private func start(_ descriptors: [Descriptor]) throws(Failure) -> pid_t {
    let start = ProgramStart(
      command: [program] + arguments, environment: Self.environment(), standsAlone: true)
    let (number, code) = start(descriptors)
    if code == ENOENT {
      throw Failure(
        .inputOutput, code: "files/missing", at: program,
        "expected a program that comes with the tools, found none",
        remedy: "install the tools together (make install)")
    }
    guard code == 0 else { throw .system("spawn", program, errno: code) }
    return number
  }

  /// Where libraries and their parts are looked for, and nothing that is a secret.
  private static func environment() -> [String] {
    let prefixes = ["LD_LIBRARY_PATH=", "LIBHEIF_PLUGIN_PATH=", "ASAN_OPTIONS=", "TSAN_OPTIONS="]
    var found: [String] = []
    var entry = environ
    while let variable = entry.pointee {
      let text = String(cString: variable)
      if prefixes.contains(where: { text.utf8.starts(with: $0.utf8) }) { found.append(text) }
      entry += 1
    }
    return found
  }

  /// Reads both until both have ended: nil then, or why it must be ended itself.
  private func collect(
    _ output: Descriptor, _ errors: Descriptor,
    into kept: inout (output: [UInt8], errors: [UInt8])
  ) throws(Failure) -> Ending? {
    let end = monotonicSeconds() + seconds
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { chunk.deallocate() }
    var entries = [
      pollfd(fd: output.number, events: Int16(POLLIN), revents: 0),
      pollfd(fd: errors.number, events: Int16(POLLIN), revents: 0),
    ]
    while entries.contains(where: { $0.fd >= 0 }) {
      let left = end - monotonicSeconds()
      guard left > 0 else { return .overtime }
      if poll(&entries, 2, Int32(min(left * 1000 + 1, 1e6))) < 0 {
        guard errno == EINTR else { throw .system("poll", program, errno: errno) }
        continue
      }
      for index in 0..<2 where entries[index].fd >= 0 && entries[index].revents != 0 {
        let count = retryingInterrupted { read(entries[index].fd, chunk.baseAddress, chunk.count) }
        guard count >= 0 else { throw .system("read", program, errno: errno) }
        guard count > 0 else {
          entries[index].fd = -1
          continue
        }
        let bytes = UnsafeRawBufferPointer(rebasing: chunk[..<count])
        if index == 0 {
          guard count <= outputLimit - kept.output.count else { return .overflow }
          kept.output.append(contentsOf: bytes)
        } else {
          kept.errors.append(contentsOf: bytes.prefix(errorLimit - kept.errors.count))
        }
      }
    }
    return nil
  }

  /// It has closed its outputs, or was ended: a moment later it is gone.
  private func wait(for number: pid_t) -> Ending {
    let end = monotonicSeconds() + 5
    var status: Int32 = 0
    while true {
      let found = retryingInterrupted { waitpid(number, &status, WNOHANG) }
      if found == number {
        return switch ProgramEnd(status: status) {
        case .exited(let code): .exited(code)
        case .signalled(let signal): .signalled(signal)
        }
      }
      // Where SIGCHLD is ignored nobody can know; what it wrote must do.
      if found < 0 { return .exited(0) }
      if monotonicSeconds() > end { kill(number, SIGKILL) }
      usleep(200)
    }
  }
}
