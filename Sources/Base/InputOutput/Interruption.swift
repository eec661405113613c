// Signals that ask a tool to stop: remembered, and acted upon between two records.
// SPDX-License-Identifier: Apache-2.0
import CSystem

/// SIGINT, SIGTERM and SIGHUP: the first is remembered, a second ends the process at once.
public enum Interruption {
  /// Installs the handlers, keeps descriptors 0, 1 and 2 taken, and the heap in one piece where
  /// address space is limited. Once, when a tool starts.
  public static func prepare() {
    llava_share_heap_where_limited()
    llava_guard_standard_descriptors()
    llava_install_interruption_handler()
  }

  /// The number of the signal that asked us to stop, or nil.
  public static var signal: Int32? {
    let number = llava_pending_signal()
    return number == 0 ? nil : number
  }

  /// Throws code `io/interrupted` once a signal has come; readers call it before each record.
  public static func check(_ place: String) throws(Failure) {
    if signal != nil { throw .interrupted(place) }
  }

  /// Sets the lines that are written, each with its end, where nothing can be computed any more: when
  /// memory is out, and when a mapped file is cut.
  public static func setLastWords(memory: String, fileChanged: String) {
    llava_set_last_words(memory, fileChanged)
  }

  /// Removes the temporary files of every `AtomicFile` that is not finished; before an exit.
  public static func removeTemporaryFiles() { llava_remove_temporaries() }

  /// Removes temporary files and dies by the remembered signal, so that a shell sees 128 + n.
  public static func dieIfSignalled() {
    if let signal { llava_die_by_signal(signal) }
  }

  /// Remembers SIGUSR1 from now on: a request to save without stopping.
  public static func acceptSaveRequests() { llava_install_save_request_handler() }

  /// Treats SIGUSR2 like SIGTERM from now on: the only request to stop that a launcher of ranks passes on.
  public static func acceptStopRequests() { llava_install_stop_request_handler() }

  /// Whether SIGUSR1 has arrived since the last call.
  public static func takeSaveRequest() -> Bool { llava_take_save_request() != 0 }
}
