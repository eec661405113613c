// Golden files of this folder.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport

/// The bytes of `Tests/Golden/streams/NAME`. With UPDATE_GOLDEN set, tests may write it first.
func readGolden(_ name: String) throws -> [UInt8] {
  let url = URL(fileURLWithPath: "\(packageRoot)/Tests/Golden/streams/\(name)")
  if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(try sampleStream()).write(to: url)
  }
  return [UInt8](try Data(contentsOf: url))
}
