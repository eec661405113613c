// What the fuzzer found worth keeping, read again by the reader that it was kept for.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import FuzzTargets
import TestSupport
import Testing

@Suite(.serialized) struct FuzzCorpusTests {
  private static let directory = "\(packageRoot)/Tests/Fuzz/corpus"

  @Test func everyReaderHasACorpus() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Self.directory)
      .filter { !$0.hasSuffix(".tsv") }
    #expect(Set(folders) == Set(FuzzTarget.allCases.map(\.rawValue)))
  }

  /// A fault would end the tests. What takes long here is a fault as well.
  @Test(arguments: FuzzTarget.allCases) func everyInputIsRead(target: FuzzTarget) throws {
    let folder = "\(Self.directory)/\(target.rawValue)"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    #expect(!names.isEmpty)
    for name in names {
      let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
      let elapsed = ContinuousClock().measure { target.read([UInt8](bytes)) }
      #expect(elapsed < .seconds(20), "\(target)/\(name)")
    }
  }
}
