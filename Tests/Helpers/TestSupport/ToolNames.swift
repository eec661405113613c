// The tools of the suite, as the package lists them.
// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The names in Package.swift's table of tools; empty when it cannot be read.
public let toolNames: [String] = {
  let manifest = FileManager.default.contents(atPath: "\(packageRoot)/Package.swift") ?? Data()
  let table = #/let tools: KeyValuePairs = \[(.*?)\n\]/#.dotMatchesNewlines()
  guard let match = String(decoding: manifest, as: UTF8.self).firstMatch(of: table) else {
    return []
  }
  return match.1.matches(of: #/"([a-z-]+)":/#).map { String($0.1) }
}()
