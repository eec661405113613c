// llava-caption where others take its output away, or the system will not write it.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@Suite struct CaptionFaultTests {
  private let caption = "llava-caption --max-tokens 4"

  /// A run whose table somebody removes, replaces or cuts says so, and the same command goes on.
  @Test(arguments: [
    ("rm table", "removed or replaced while it was written"),
    ("mv grey.jpg table", "removed or replaced while it was written"),
    (": > table", "the file was cut while it was written: expected "),
  ])
  func aTableThatIsTakenAwayEndsTheRun(take: String, message: String) throws {
    let directory = try Workbench.bare()
    let result = try Workbench.run(
      """
      mkdir photos; for number in $(seq 60); do cp grey.jpg photos/$number.jpg; done
      \(caption) --batch 1 --jsonl table photos 2> log & pid=$!
      until test -s table; do sleep 0.02; done
      \(take); wait $pid; echo $?; wc -l < log; cat log >&2
      """, in: directory)
    #expect(result.text == "4\n1\n", "\(result.text) \(result.errors)")
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(result.errors.hasPrefix("llava-caption: table: "), "\(result.errors)")
  }
}
