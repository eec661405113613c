// Each call of the system that a tool makes fails once: no wrong result, no half a file, no signal.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: SystemFaultTests.hasCompiler, "needs a C compiler"))
struct FaultInjectionTests {
  private static let stages =
    """
    echo old > before/out; printf 'grey.jpg\\nrgb-8.png\\n' > list
    convo-format --ask 'What is it?' -o prompts list
    clip-encode -o features prompts; llava-project -o projected features
    """

  private static let training = [
    "GOLDEN": TrainingBench.golden, "RECORDS": "\(TrainingBench.golden)/records.tsz",
  ]

  static let works: [FaultWork] = [
    FaultWork(
      tool: "convo-format", script: "convo-format --ask 'What is it?' -o out ../list",
      setup: stages),
    FaultWork(
      tool: "clip-encode", script: "clip-encode --image-root .. -o out ../prompts", setup: stages),
    FaultWork(tool: "llava-project", script: "llava-project -o out ../features", setup: stages),
    FaultWork(
      tool: "vicuna-decode", script: "vicuna-decode --max-tokens 3 -o out ../projected",
      setup: stages),
    FaultWork(tool: "tensor-view", script: "tensor-view ../projected", setup: stages),
    FaultWork(
      tool: "clip-encode", script: "cat ../prompts | clip-encode --image-root .. | cat",
      setup: stages),
    FaultWork(
      tool: "convo-format",
      script: "cat ../list | convo-format --ask A --skip-done ../old --plain | cat",
      setup: "\(stages)\nconvo-format --plain --ask A <<< grey.jpg > old"),
    FaultWork(
      tool: "clip-encode", script: "clip-encode --image-root .. -o out ../prompts",
      setup: """
        echo old > before/out; cp $SANDBOXED/rle4.bmp .; echo rle4.bmp > list
        convo-format --ask 'What is it?' -o prompts list
        """,
      environment: ["SANDBOXED": "\(packageRoot)/Tests/Golden/sandboxed"]),
    FaultWork(
      tool: "llava-caption", script: "llava-caption -q --max-tokens 2 --sidecar .txt .",
      setup: "cp grey.jpg rgb-8.png before"),
    FaultWork(
      tool: "llava-weights", script: "llava-weights convert --layout llava -o out $LLAVA_MODEL"),
    FaultWork(
      tool: "llava-weights",
      script: "llava-weights quantize --format Q8_0 -o out \(packageRoot)/examples/tiny-llava"),
    FaultWork(
      tool: "llava-train",
      script: """
        llava-train pretrain -q -m $GOLDEN/model --precision f32 \
        --total-steps 2 --save-every 1 --keep 9 --log log -o run $RECORDS
        """, environment: training, growing: ["log"], parts: ["run"],
      passing: ["run/checkpoint-2"]),
  ]

  @Test(arguments: works) func noCallThatFailsSpoilsAResult(work: FaultWork) throws {
    let bench = try FaultBench(work)
    var (runs, missed, complaints) = (0, 0, [String]())
    for fault in faults(counts: bench.expected.counts) {
      let outcome = try bench.run(fault)
      runs += 1
      if outcome.faults == 0 { missed += 1 }
      if let complaint = bench.complaint(about: outcome, fault) {
        complaints.append("\(fault): \(complaint)")
      }
    }
    #expect(complaints.isEmpty, "\(complaints.joined(separator: "\n"))")
    #expect(missed * 10 <= runs, "\(missed) of \(runs) faults never came")
  }

  /// In short, each call with one of its errors in turn, and a few of those for memory.
  private func faults(counts: [Int]) -> [Fault] {
    var faults: [Fault] = []
    for (count, (call, errors)) in zip(counts, Fault.errors) where count > 0 {
      let most = amount(call == "malloc" ? 4 : 8, soak: call == "malloc" ? 200 : 2000)
      let stride = max(1, count / most)
      for (turn, number) in Swift.stride(from: 1, through: count, by: stride).enumerated() {
        let chosen = amount([errors[turn % errors.count]], soak: errors)
        faults += chosen.map { Fault(call: call, number: number, error: $0) }
      }
      // From one on for good, as a full disk is; every call short; every second one interrupted.
      faults += errors.filter { $0 != EINTR }.map {
        Fault(call: call, number: 1, step: 1, error: $0)
      }
      if errors.contains(EINTR) {
        faults.append(Fault(call: call, number: 1, step: 2, error: EINTR))
      }
    }
    return faults
  }
}
