// A stream that was cut stays so: every later tool refuses it and ends its own output unfinished.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@Suite struct TaintTests {
  /// Cuts at the ends of frames and marks and beside them, and spread over the rest.
  private func cuts(of bytes: [UInt8]) -> [Int] {
    let magic: [[UInt8]] = [[0x28, 0xB5, 0x2F, 0xFD], [0x5D, 0x2A, 0x4D, 0x18]]
    let starts = bytes.indices.dropLast(3).filter { magic.contains(Array(bytes[$0..<$0 + 4])) }
    let spread = stride(from: 1, to: bytes.count, by: max(1, bytes.count / 40))
    let all = Set(starts.flatMap { [$0 - 1, $0, $0 + 1, $0 + 4] } + spread + [bytes.count - 1])
    return all.filter { (1..<bytes.count).contains($0) }.sorted()
  }

  @Test func aCutStreamOfFeaturesTaintsEverythingAfter() throws {
    let directory = try Workbench.make()
    let whole = try directory.read("good.features")
    let cuts = cuts(of: whole)
    #expect(cuts.count >= 60)
    let result = try Workbench.run(
      """
      fault() { echo "$cut: $1"; exit 9; }
      for cut in \(cuts.map(String.init).joined(separator: " ")); do
        head -c $cut good.features > features
        for tool in 'tensor-view features' 'tensor-diff features good.features'; do
          $tool > /dev/null 2> errors; test $? = 3 || fault "$tool"
        done
        llava-project features > projected 2> errors; test $? = 3 || fault llava-project
        grep -q '^llava-project: ' errors || fault 'no message'
        tensor-view projected > /dev/null 2> errors; test $? = 3 || fault 'an end in projected'
        vicuna-decode -z --max-tokens 1 projected > captions 2> errors
        test $? = 3 || fault vicuna-decode
        grep -aq JLE1 captions && fault 'an end in captions'
        head -c $cut good.features | llava-project 2> errors \\
          | vicuna-decode --max-tokens 1 2> errors > plain
        test "${PIPESTATUS[*]}" = '0 3 3' || fault 'in a pipe'
      done
      """, in: directory, timeout: 600)
    #expect(result.status == 0 && result.text == "", "\(result.text)")
  }

  @Test func aCutStreamOfPromptsTaintsEverythingAfter() throws {
    let directory = try Workbench.make()
    let cuts = cuts(of: try directory.read("good.zst"))
    let result = try Workbench.run(
      """
      fault() { echo "$cut: $1"; exit 9; }
      for cut in \(cuts.map(String.init).joined(separator: " ")); do
        head -c $cut good.zst > prompts
        convo-format --ask a prompts > again 2> errors; test $? = 3 || fault convo-format
        grep -aq JLE1 again && fault 'an end after convo-format'
        clip-encode prompts > features 2> errors; test $? = 3 || fault clip-encode
        tensor-view features > /dev/null 2> errors; test $? = 3 || fault 'an end in features'
      done
      """, in: directory, timeout: 600)
    #expect(result.status == 0 && result.text == "", "\(result.text)")
  }

  /// The same where the producer is killed instead of its bytes being cut.
  @Test func aKilledProducerTaintsToo() throws {
    let directory = try Workbench.make()
    let result = try Workbench.run(
      """
      mkfifo paths
      (clip-encode < paths & echo $! > pid; wait) 2> /dev/null | llava-project 2> errors \\
        | vicuna-decode --max-tokens 1 2>> errors > captions &
      exec 4> paths
      cat good >&4
      until test "$(wc -l < captions 2> /dev/null)" = 5; do sleep 0.05; done
      kill -KILL $(cat pid)
      wait $!; echo $?
      grep -c 'without an end record' errors
      """, in: directory, timeout: 120)
    #expect(result.text == "3\n2\n", "\(result.errors)")
  }
}
