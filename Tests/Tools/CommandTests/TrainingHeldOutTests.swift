// Held-out files that are refused or in part left out, each said in a line before any step.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@Suite struct TrainingHeldOutTests {
  private static func prepare() throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory()
    try directory.write(try TrainingBench.stream(), to: "held")
    try directory.write(try TrainingBench.stream(width: 13), to: "wide")
    try directory.write(
      try TrainingBench.stream(model: "sha256:\(String(repeating: "0", count: 64))"), to: "foreign")
    try directory.write(try TrainingBench.stream(records: 0), to: "empty")
    try directory.write(try TrainingBench.stream(ids: [1, 33, 2]), to: "range")
    try directory.write(
      try TrainingBench.stream { if $0 == 1 { $1[7] = .nan } }, to: "nan")
    try directory.write(try TrainingBench.stream { $1[3] = .infinity }, to: "infinite")
    let text =
      #"{"id":"a","prompt":{"template":"plain","segments":[],"stop":[],"tokens":[1,2,3],"#
      + #""image_positions":[],"image_order":[],"loss_spans":[[1,3]]}}"#
    try directory.write(text + "\n", to: "text.jsonl")
    try directory.write(text.replacing("loss_spans", with: "loss") + "\n", to: "asked.jsonl")
    try directory.write("garbage\n", to: "garbage")
    try directory.write(Array(try TrainingBench.stream().dropLast(200)), to: "cut")
    return directory
  }

  private static let refused = [
    (6, "wide: expected features of width 12, found 13", "--eval wide"),
    (6, "foreign: expected features of the model's own vision tower", "--eval foreign"),
    (3, "empty: there is no record to train on", "--eval empty"),
    (3, "range: none of the 3 records can be trained on", "--eval range"),
    (3, "infinite: none of the 3 records can be trained on", "--eval infinite"),
    (3, "asked.jsonl: none of the 1 records can be trained on", "--eval asked.jsonl"),
    (3, "text.jsonl: there is no image to evaluate on", "--eval text.jsonl"),
    (3, "garbage: expected JSON lines", "--eval garbage"),
    (3, "found no bytes", "--eval /dev/null"),
    (3, "cut: ", "--eval cut"),
    (4, "No such file", "--eval nowhere"),
    (2, "found a pipe", "--eval <(cat held)"),
    (2, "names a file that is read again and again", "--eval -"),
    (2, "--eval-every needs the held-out records", "--eval-every 2"),
    (2, "--keep-best needs --eval and --eval-every", "--eval held --keep-best"),
    (2, "--patience needs --eval and --eval-every", "--eval held --patience 2"),
    (2, "--eval-every must be 1 to", "--eval held --eval-every 0"),
    (2, "--patience must be 1 to 65536", "--eval held --eval-every 1 --patience 0"),
    (2, "would replace this input", "--eval held --log held"),
    (5, "the run takes about", "--eval held --micro-batch 3 --memory 60K"),
    (3, "its features hold NaN or infinity", "--eval nan --strict"),
  ]

  @Test func isRefusedBeforeAnyStep() throws {
    let directory = try Self.prepare()
    let before = directory.names
    for (status, words, options) in Self.refused {
      let result = try TrainingBench.run(
        "$TRAIN -o run \(options) $RECORDS", in: directory)
      #expect(result.status == Int32(status), "\(options): \(result.errors)")
      #expect(result.errors.contains(words), "\(options): \(result.errors)")
      #expect(result.text.isEmpty && directory.names == before, "\(options): \(directory.names)")
    }
  }

  /// Features for a run on text alone, whose model has no projector.
  @Test func imagesForATextModelAreRefused() throws {
    let result = try TrainingBench.run(
      """
      ln -s $GOLDEN/../models/llama-tied language
      llava-train finetune -m language --lora 2 -o run --eval held text.jsonl
      """, in: try Self.prepare())
    #expect(result.status == 6, "\(result.errors)")
    #expect(result.errors.contains("held: expected text alone"), "\(result.errors)")
  }

  /// One record of three: named, counted, and no part of any evaluation.
  @Test func aBadRecordIsLeftOut() throws {
    let result = try TrainingBench.run(
      """
      $TRAIN -o run --log log --eval nan --eval-every 3 $RECORDS 2> errors; echo $?
      grep -c 'nan: record 2 id=r1: its features hold NaN or infinity: skipped' errors
      grep -c '"eval_records":2,' log
      """, in: try Self.prepare())
    #expect(result.text == "1\n1\n2\n", "\(result.text)\(result.errors)")
  }

  /// Weights whose logits overflow for the held-out record alone: told, and the run goes on.
  @Test func aLossThatIsNoNumberEndsNothing() throws {
    let directory = try Self.prepare()
    try directory.write(
      try TrainingBench.stream(records: 2) { if $0 == 1 { $1 = $1.map { _ in 3e38 } } }, to: "large"
    )
    let result = try TrainingBench.run(
      """
      $TRAIN -o run --log log --eval large --eval-every 2 --keep-best --patience 9 $RECORDS 2> errors
      echo $?
      grep -c 'warning: step [246]: the held-out loss is not finite: record id=r1' errors
      grep -c '"eval_loss":null,.*"best_step":null' log
      grep -c 'no held-out loss was a number: the result is of the last step' errors
      test -s run/mm_projector.safetensors && cat errors >&2
      """, in: directory)
    #expect(result.text == "0\n3\n3\n1\n", "\(result.text)\(result.errors)")
  }

  @Test func theEstimateTellsOfEvaluations() throws {
    let result = try TrainingBench.run(
      """
      $TRAIN --dry-run --steps 7 --eval held --eval-every 2 $RECORDS
      $TRAIN --dry-run --steps 7 --eval held $RECORDS
      """, in: try Self.prepare())
    #expect(result.status == 0, "\(result.errors)")
    let lines = result.text.split(separator: "\n")
    #expect(lines.count == 4 && lines[0].contains("(to evaluate "))
    #expect(lines[1].contains(" an evaluation, 7 steps and 4 evaluations: "), "\(result.text)")
    #expect(lines[3].contains(" 7 steps and 1 evaluation: "), "\(result.text)")
  }
}
