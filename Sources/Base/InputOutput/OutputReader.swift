// Who reads what a tool writes to stdout: once nobody does, there is nothing left to work for.
// SPDX-License-Identifier: Apache-2.0
import CSystem

/// The process that reads our stdout. Writing finds that it has left; so do these, before.
public enum OutputReader {
  /// From now on `check`, and each `FileSource` that would wait for input, ends the process by SIGPIPE
  /// where stdout has no reader any more. For tools that owe nothing to anybody else.
  public static func watch() { llava_watch_reader() }

  /// Ends the process so; returns at once where there is a reader, or none is watched.
  public static func check() { llava_check_reader() }
}
