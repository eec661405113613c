// One program of a chain.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput

/// A program that runs.
final class ChainedProcess {
  private let number: pid_t
  private var ended: Int32?

  /// Starts the program `command[0]`, looked for in the PATH where it is a name alone, with the other words as its arguments.
  init(_ command: [String], input: Descriptor, output: Descriptor, errors: Descriptor)
    throws(Failure)
  {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (target, source) in [input, output, errors].enumerated() {
      posix_spawn_file_actions_adddup2(&actions, source.number, Int32(target))
    }
    // No signal is blocked in it, whatever the thread that starts it has blocked.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var words = command.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var started = pid_t()
    let code = posix_spawnp(&started, command[0], &actions, &attributes, &words, environ)
    guard code == 0 else { throw .system("spawn", command[0], errno: code) }
    number = started
  }

  /// Nobody waits for it any more: it is ended, and leaves no trace in the system's table.
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
    let signal = status & 0x7F
    let found = signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    ended = found
    return found
  }
}
