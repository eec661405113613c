// Prompts that were changed at random, all through one vicuna-decode: skips, never an end by signal.
// SPDX-License-Identifier: Apache-2.0
import JSON
import TestSupport
import Testing

@Suite struct PromptFuzzTests {
  private static let seeds = [
    #"{"id":"a","prompt":{"template":"vicuna_v1","segments":[{"special":"<s>"},{"text":"USER: what "#
      + #"is the circle? ASSISTANT:"}],"stop":["</s>"],"tokens":[1,314,286,280],"#
      + #""image_positions":[],"image_order":[]}}"#,
    #"{"id":"b","n":1.50e3,"prompt":{"segments":[{"text":"the \u00e9\ud83d\ude42 image"}],"stop":[]}}"#,
    #"{"id":"c","prompt":{"segments":[],"tokens":[1,259,300,317],"stop":["e","\n"]}}"#,
  ]

  /// Pieces that readers stumble over.
  private static let pieces = [
    "-1", "1e999", "-0", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
    "0.5",
    "null", "true", "[]", "{}", "[[[[[[[[", "\"\"", "\\u0000", "\\ud800", "\u{feff}", "\"tokens\":",
    "\"segments\":", "\"image\":", "\"image\":0,", "\"special\":\"<unk>\",", "\"special\":\"\",",
    "\"stop\":[\"\"],", "</s>", "<image>", ",", ":", "]", "}", "319,", "320,", "4294967296,",
    String(repeating: "[", count: 100), String(repeating: "259,", count: 300),
    String(repeating: "a", count: 3000),
  ].map { Array($0.utf8) }

  private func mutated(_ random: inout SeededGenerator) -> [UInt8] {
    var bytes = Array((Self.seeds.randomElement(using: &random) ?? "").utf8)
    for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      let end = min(bytes.count, place + Int.random(in: 0...12, using: &random))
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes[place] = UInt8.random(in: 1...255, using: &random)
      case 1: bytes.removeSubrange(place..<end)
      case 2: bytes.insert(contentsOf: bytes[place..<end], at: place)
      case 3: bytes.removeSubrange(end...)
      case 4:
        bytes.insert(contentsOf: Self.pieces.randomElement(using: &random) ?? [], at: place)
      default:
        bytes.replaceSubrange(place..<end, with: Self.pieces.randomElement(using: &random) ?? [])
      }
    }
    return bytes.filter { $0 != 0x0A } + [0x0A]
  }

  @Test(arguments: 1...amount(UInt64(1), soak: 100))
  func changedPromptsAreAnsweredOrSkipped(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let lines = [Array(Self.seeds[0].utf8) + [0x0A]] + (0..<500).map { _ in mutated(&random) }
    let directory = try TemporaryDirectory()
    try directory.write(lines.flatMap { $0 }, to: "lines")
    for options in ["--batch 1", "--batch 7 -j 2", "--emit logits"] {
      let result = try Workbench.run(
        "vicuna-decode -q --max-tokens 2 \(options) lines", in: directory)
      #expect(result.status == 1, "seed \(seed) \(options): \(result.errors.suffix(300))")
      if options.hasPrefix("--batch") {
        let objects = try result.objects()
        let filled = lines.filter { !$0.allSatisfy { [0x20, 0x09, 0x0D, 0x0A].contains($0) } }
        #expect(objects.count == filled.count)
        #expect(objects.first?["text"] != nil)
        #expect(objects.contains { $0["skipped"] != nil })
        #expect(objects.allSatisfy { ($0["skipped"] == nil) == ($0["finish_reason"] != nil) })
      }
    }
  }
}
