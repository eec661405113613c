// Settings of a preprocessor: the defaults are CLIP's, and senseless ones are refused.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Preprocessing
import Testing

@Suite("Preprocessor settings")
struct PreprocessorSettingsTests {
  @Test("a side is the shorter edge and the crop; all else is CLIP's")
  func sides() throws {
    var expected = PreprocessorSettings()
    expected.size = .shortestEdge(224)
    (expected.cropWidth, expected.cropHeight) = (224, 224)
    #expect(PreprocessorSettings(side: 224) == expected)
    try expected.check()
  }

  static let senseless: [@Sendable (inout PreprocessorSettings) -> Void] = [
    { $0.size = .shortestEdge(0) }, { $0.size = .shortestEdge(-3) },
    { $0.size = .exact(width: 4, height: .max) }, { $0.cropWidth = 0 },
    { $0.cropHeight = 1 << 40 }, { ($0.cropWidth, $0.cropHeight) = (60_000, 60_000) },
    { $0.mean = [0.5] }, { $0.standardDeviation = [] }, { $0.standardDeviation = [1, 0, 1] },
    { $0.mean = [0, .nan, 0] }, { $0.rescaleFactor = .infinity },
    { $0.standardDeviation = [1, 1e-60, 1] },
  ]

  @Test("senseless settings are refused", arguments: senseless.indices)
  func refusesSettings(index: Int) throws {
    var settings = PreprocessorSettings(side: 8)
    Self.senseless[index](&settings)
    let failure = #expect(throws: Failure.self) { try settings.check() }
    #expect(failure?.code == "preprocessor/settings")
  }
}
