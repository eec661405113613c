// The reader of a tool's stdout: once there is none, the work is useless.
// SPDX-License-Identifier: Apache-2.0
import CSystem

/// The process that reads our stdout. Writing detects that it has gone; so do these functions, earlier.
public enum OutputReader {
  /// From now on `check`, and each `FileSource` that would wait for input, ends the process by SIGPIPE
  /// where stdout has no reader any more. For tools whose only output is stdout.
  public static func watch() { llava_watch_reader() }

  /// Ends the process so; returns at once where there is a reader, or none is watched.
  public static func check() { llava_check_reader() }
}
