// How programs are started, and how they ended.
// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A program, its arguments, and what it has from us besides descriptors. No signal is blocked in it,
/// whatever the thread that starts it has blocked.
struct ProgramStart {
  /// The program, looked for in the PATH where it is a name alone, and its arguments.
  let command: [String]
  /// `NAME=value`, nil for all that we have.
  var environment: [String]?
  /// In a process group of its own, with the default signals: what comes from a terminal is left to us.
  /// Others keep what is ignored here, as under `nohup`.
  var standsAlone = false

  /// Starts it with `descriptors` as its own from 0 on. `code`: 0, or why the system refused.
  func callAsFunction(_ descriptors: [Descriptor]) -> (number: pid_t, code: Int32) {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    for (place, descriptor) in descriptors.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, descriptor.number, Int32(place))
    }
    setSignals(&attributes)
    var words = command.map { strdup($0) } + [nil]
    var variables = (environment ?? []).map { strdup($0) } + [nil]
    defer { for word in words + variables { free(word) } }
    var number = pid_t()
    let code = variables.withUnsafeMutableBufferPointer { own in
      posix_spawnp(
        &number, command[0], &actions, &attributes, &words,
        environment == nil ? environ : own.baseAddress)
    }
    return (number, code)
  }

  private func setSignals(_ attributes: inout posix_spawnattr_t) {
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    var flags = POSIX_SPAWN_SETSIGMASK
    if standsAlone {
      sigfillset(&signals)
      posix_spawnattr_setsigdefault(&attributes, &signals)
      posix_spawnattr_setpgroup(&attributes, 0)
      flags |= POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
    }
    posix_spawnattr_setflags(&attributes, Int16(flags))
  }
}

/// How a program ended that was waited for.
enum ProgramEnd {
  case exited(Int32)
  case signalled(Int32)

  /// `status`: what `waitpid` says.
  init(status: Int32) {
    let signal = status & 0x7F
    self = signal == 0 ? .exited(status >> 8 & 0xFF) : .signalled(signal)
  }
}
