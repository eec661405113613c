// The memory that llava-train says a run will take, beside what the run took.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@Suite struct TrainingMemoryTests {
  /// Records of many lengths, so that no step's tensors have the sizes of those before it.
  private static let records = (0..<20).map { index in
    let words = String(repeating: "red circle left of a blue square ", count: (index * 17) % 11 + 1)
    return #"{"id":"r\#(index)","conversations":[{"from":"human","value":"\#(words)"},"#
      + #"{"from":"gpt","value":"\#(words)"}]}"# + "\n"
  }

  /// The last one ends with the weights of an earlier step, which are read from their checkpoint.
  @Test(arguments: [
    "--freeze-projector --steps 10", "--lora 4 --steps 10",
    "--freeze-projector --steps 4 --lr 3e-2 --schedule constant --warmup-steps 0 --eval held.jsonl"
      + " --eval-every 1 --keep-best",
  ])
  func estimateIsWithinATenthOfWhatTheRunTook(options: String) throws {
    let directory = try TemporaryDirectory()
    try directory.write(Self.records.joined(), to: "list")
    let result = try TrainingBench.run(
      """
      convo-format --train -m $TINY list > records.jsonl || fail prompts
      head -3 list | convo-format --train -m $TINY > held.jsonl || fail prompts
      $TRAIN -o run --verbose records.jsonl 2> errors & tool=$!
      while kill -0 $tool 2> /dev/null; do
        awk '$1 == "VmHWM:" { print $2 }' /proc/$tool/status 2> /dev/null > now && [ -s now ] && mv now most
        sleep 0.1
      done
      wait $tool || fail "status $?"
      case "$TRAIN" in *keep-best*) grep -q 'best: step [123],' errors || fail 'the last step was the best';; esac
      cat most
      sed -n 's/.*memory: about \\([0-9.]*\\) MiB.*/\\1/p' errors
      """,
      train: "llava-train finetune \(options) -m $TINY --micro-batch 2 --save-every 0",
      in: directory)
    try #require(result.status == 0, "\(result.text) \(result.errors)")
    let numbers = result.text.split(separator: "\n").compactMap { Double($0) }
    try #require(numbers.count == 2, "\(result.text)")
    let (taken, told) = (numbers[0] / 1024, numbers[1])
    #expect(abs(told - taken) <= 0.1 * taken, "\(options): \(told) MiB told, \(taken) MiB taken")
  }
}
