// What --version prints.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Streams

/// The version of the suite.
public let suiteVersion = "0.1.0"

/// The text of `--version`: the tool, its version, and every library whose code may run.
/// `libraries` are those that the tool uses beyond the ones of streams.
public func toolVersion(_ tool: String, libraries: [String] = []) -> String {
  "\(tool) \(suiteVersion)\nlibraries: \((streamLibraries + libraries).joined(separator: ", "))"
}

/// What `toolVersion` says, and a line more where the version is asked for: finding that out takes time.
public func toolVersion(_ tool: String, libraries: [String], more: () -> String) -> String {
  let version = toolVersion(tool, libraries: libraries)
  let isAsked = (try? processArguments())?.contains("--version") == true
  return isAsked ? "\(version)\n\(more())" : version
}

/// What a stream's header names as its maker.
public func producerName(_ tool: String) -> String { "\(tool)/\(suiteVersion)" }
