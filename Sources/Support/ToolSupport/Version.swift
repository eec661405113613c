// What --version prints.
// SPDX-License-Identifier: Apache-2.0
import Streams

/// The version of the suite.
public let suiteVersion = "0.1.0"

/// The text of `--version`: the tool, its version, and every library whose code may run.
/// `libraries` are those that the tool uses beyond the ones of streams.
public func toolVersion(_ tool: String, libraries: [String] = []) -> String {
  "\(tool) \(suiteVersion)\nlibraries: \((streamLibraries + libraries).joined(separator: ", "))"
}

/// What a stream's header names as its maker.
public func producerName(_ tool: String) -> String { "\(tool)/\(suiteVersion)" }
