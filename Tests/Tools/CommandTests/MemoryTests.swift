// The memory of a filter does not grow with the number of records.
// SPDX-License-Identifier: Apache-2.0
import CTestImages
import TestSupport
import Testing

@Suite struct MemoryTests {
  /// In KiB: more than an allocator's noise; a third of the records' padding.
  static let slack = 12_000

  /// Bytes that each record carries through all tools, so that one that is kept shows.
  private static let padding = 40_000

  private static let few = 200
  private static let many = amount(1100, soak: 10_000)

  /// A directory with `list`, `prompts`, `features` and `projected` of `many` pictures.
  private func streams() throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory()
    let names = (0..<Self.many).map { "\($0).jpg" }
    for (index, name) in names.enumerated() {
      try #require(llava_test_write_jpeg(directory.file(name), UInt32(index)) == 0)
    }
    let note = String(repeating: "n", count: Self.padding)
    let records = names.map { #"{"id":"\#($0)","image":"\#($0)","note":"\#(note)"}"# + "\n" }
    try directory.write(records.joined(), to: "list")
    let made = try Workbench.run(
      """
      for count in \(Self.few) \(Self.many); do
        head -$count list > list-$count
        convo-format --plain --system '' --ask 'Describe the image.' list-$count > prompts-$count
        clip-encode -0 prompts-$count > features-$count
        llava-project -0 features-$count > projected-$count
      done
      """, in: directory, timeout: 600)
    try #require(made.status == 0, "\(made.errors)")
    return directory
  }

  /// The most memory in KiB that `tool` had taken when its last record, `last`, had come out of
  /// it; the end of its input is held back until then.
  private func peak(
    _ tool: String, input: String, view: String, last: Int, in directory: TemporaryDirectory
  ) throws -> Int {
    let result = try Workbench.run(
      """
      rm -f in middle out; mkfifo in middle out
      \(tool) < in > middle 2> errors & tool=$!
      \(view) < middle > out 2> /dev/null & view=$!
      exec 4> in 5< out
      head -c -20 \(input) >&4 & feeder=$!
      grep -q -m 1 '\(last - 2)\\.jpg' <&5 || { cat errors >&2; exit 9; }
      awk '$1 == "VmHWM:" { print $2 }' /proc/$tool/status
      kill -KILL $tool $view $feeder
      wait 2> /dev/null
      """, in: directory, timeout: 300)
    #expect(result.status == 0 || result.status == 137, "\(tool): \(result.errors)")
    return try #require(Int(result.text.split(separator: "\n").first ?? ""), "\(tool)")
  }

  @Test func filtersTakeNoMoreForMoreRecords() throws {
    let directory = try streams()
    for (tool, input, view) in [
      ("convo-format --plain --ask hi", "list", "cat"),
      ("convo-format --plain --tokenizer $LLAVA_MODEL --ask hi", "list", "cat"),
      ("clip-encode", "prompts", "tensor-view --ids"),
      ("clip-encode --batch 1 --emit pixels", "prompts", "tensor-view --ids"),
      ("llava-project", "features", "tensor-view --ids"),
      // Prompts are kept up to a limit that few of them reach here.
      ("vicuna-decode --cache-memory 1M --max-tokens 2", "projected", "cat"),
      ("vicuna-decode --cache-memory 1M --emit logits -0", "projected", "tensor-view --ids"),
      ("tensor-view", "projected", "cat"),
    ] {
      let small = try peak(
        tool, input: "\(input)-\(Self.few)", view: view, last: Self.few, in: directory)
      let large = try peak(
        tool, input: "\(input)-\(Self.many)", view: view, last: Self.many, in: directory)
      #expect(
        large - small < Self.slack,
        "\(tool): \(small) KiB for \(Self.few) records, \(large) KiB for \(Self.many)")
    }
  }
}
