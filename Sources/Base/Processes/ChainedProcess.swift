// One program of a chain.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput

/// A program that runs.
final class ChainedProcess {
  private let number: pid_t
  private var ended: Int32?

  /// Starts the program `command[0]` with the other words as its arguments. Throws `io/spawn`.
  init(_ command: [String], input: Descriptor, output: Descriptor, errors: Descriptor)
    throws(Failure)
  {
    let (number, code) = ProgramStart(command: command)([input, output, errors])
    guard code == 0 else { throw .system("spawn", command[0], errno: code) }
    self.number = number
  }

  /// Nobody waits for it any more: it is killed and reaped.
  deinit {
    terminate()
    _ = status()
  }

  func terminate() {
    if ended == nil { kill(number, SIGTERM) }
  }

  /// Waits for its end. 128 and the signal's number where a signal ended it.
  func status() -> Int32 {
    if let ended { return ended }
    var status: Int32 = 0
    while waitpid(number, &status, 0) < 0, errno == EINTR {}
    let found =
      switch ProgramEnd(status: status) {
      case .exited(let code): code
      case .signalled(let signal): 128 + signal
      }
    ended = found
    return found
  }
}
