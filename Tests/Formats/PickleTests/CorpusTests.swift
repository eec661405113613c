// What the fuzzer found worth keeping, replayed: the answers stay what they are.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import InputOutput
import TestSupport
import Testing

@testable import Pickle

@Suite struct CorpusTests {
  private static let directory = "\(packageRoot)/Tests/Fuzz/corpus"

  /// The answer to each input: how many tensors, or the failure's code. UPDATE_GOLDEN writes the list.
  @Test func everyInputHasItsAnswer() throws {
    var found = ""
    for kind in ["pickle", "zip"] {
      let folder = "\(Self.directory)/\(kind)"
      for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
        found += "\(kind)/\(name)\t\(answer(to: Array(bytes)))\n"
      }
    }
    let path = "\(Self.directory)/answers.tsv"
    let expected = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    #expect(found.split(separator: "\n").count >= 80)
    #expect(found == expected)
    if found != expected, ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
      try found.write(toFile: path, atomically: true, encoding: .utf8)
    }
  }

  private func answer(to bytes: [UInt8]) -> String {
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(Failure) in try parseAnything(bytes) }
    }
    switch result {
    case .success(let count): return "\(count) tensors"
    case .failure(let failure): return failure.code
    }
  }
}
