// What llava-train refuses before its first step, each in a line, and numbers that are not finite.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@Suite struct TrainingInputTests {
  /// How a command must end, and what its one message says.
  struct Row: Sendable {
    let status: Int
    let words: String
    let command: String

    init(_ status: Int, _ words: String, _ command: String) {
      (self.status, self.words, self.command) = (status, words, command)
    }
  }

  private static let streams: [Row] = [
    Row(6, "found a stream of 'pixels'", "$P pixels"),
    Row(6, "found a stream of 'projected' (leave llava-project out", "$P projected"),
    Row(6, "found a stream of 'logits'", "$F logits"),
    Row(6, "found a stream of 'logits'", "$F --steps 1 < logits"),
    Row(6, "expected features of width 12, found 13", "$P wide"),
    Row(6, "expected features of width 12, found 13", "$P --steps 1 < wide"),
    Row(6, "expected features of the model's own vision tower", "$P foreign"),
    Row(6, "expected features of the model's own vision tower", "$F --lora 2 $RECORDS foreign"),
    Row(6, "expected prompts of llava_v0", "$F --recipe llava-v0-finetune $RECORDS"),
    Row(2, "llava-1.5-pretrain is a recipe of pretrain", "$F --recipe llava-1.5-pretrain $RECORDS"),
    Row(2, "foo", "$F --recipe foo $RECORDS"),
    Row(3, "ends inside a frame", "$P cut"),
    Row(3, "found no bytes", "$P /dev/null"),
    Row(3, "found no bytes", "$P --steps 1 < /dev/null"),
    Row(3, "expected JSON lines, found other text", "$F garbage"),
    Row(3, "there is no record to train on", "$P empty"),
    Row(3, "there is no record to train on", "$F --lora 2 empty"),
    Row(3, "there is no record to train on", "$P --steps 2 < empty"),
    Row(6, "text alone teaches a projector nothing", "$P text.jsonl"),
    Row(6, "text alone teaches a projector nothing", "$P --steps 1 < text.jsonl"),
    Row(6, "there is no projector to train", "llava-train pretrain -m language -o run text.jsonl"),
    Row(4, "No such file", "$P nowhere"),
  ]

  private static let orders: [Row] = [
    Row(2, "the records of a pipe can be visited once", "$P --epochs 2 < $RECORDS"),
    Row(2, "the schedule needs the number of steps", "$P < $RECORDS"),
    Row(2, "in their order alone", "$P --steps 2 --shuffle < $RECORDS"),
    Row(2, "in their order alone", "$P --steps 2 --order numbers < $RECORDS"),
    Row(2, "found a pipe", "$P <(cat $RECORDS)"),
    Row(2, "--start is for stdin", "$P --start 2 $RECORDS"),
    Row(2, "the input begins with 2", "$P --steps 2 --start 2 < $RECORDS"),
    Row(3, "numbers: line 2: expected a record number below 6", "$P --order numbers $RECORDS"),
    Row(3, "letters: line 2: expected a decimal record number", "$P --order letters $RECORDS"),
    Row(3, "expected record numbers", "$P --order /dev/null $RECORDS"),
    Row(2, "--mix", "$P --mix $RECORDS"),
    Row(2, "--mix", "$P --mix $RECORDS=0"),
    Row(2, "--mix", "$P --mix $RECORDS=nan"),
    Row(2, "--mix", "$P --mix $RECORDS=-1"),
    Row(2, "--max-length must be 2 or more", "$P --max-length 1 $RECORDS"),
    Row(5, "the least that", "$P --memory 100K --micro-batch 6 $RECORDS"),
    Row(2, "--lora must be 1 to 4096", "$F --lora 99999 $RECORDS"),
    Row(2, "leave nothing to train", "$F --freeze-language --freeze-projector $RECORDS"),
    Row(2, "found 9", "$P --gradients gradients --gradients-step 9 $RECORDS"),
    Row(3, "expected a LoRA adapter", "$F --adapter $MODEL $RECORDS"),
    Row(4, "there is no such file", "$F --adapter nowhere $RECORDS"),
    Row(3, "expected tokenizer.model", "$F $RECORDS"),
  ]

  /// Nothing of what the user has is replaced.
  private static let outputs: [Row] = [
    Row(2, "expected the directory of the run", "llava-train pretrain -m $MODEL $RECORDS"),
    Row(2, "found no name", "$P -o '' $RECORDS"),
    Row(2, "cannot be stdout", "$P -o - $RECORDS"),
    Row(4, "Not a directory", "$P -o garbage $RECORDS"),
    Row(4, "Not a directory", "$P -o garbage/run $RECORDS"),
    Row(4, "write: No such file", "$P --resume -o /proc/self/task $RECORDS"),
    Row(2, "expected a new or an empty directory", "$P -m model -o model $RECORDS"),
    Row(2, "the directory of this model", "$P -m model -o model/run $RECORDS"),
    Row(2, "the directory of this model", "$P -m model -o link/run $RECORDS"),
    Row(2, "the directory of this model", "$P -m model -o model/new/run/ $RECORDS"),
    Row(6, "expected features of width 12, found 13", "$P -o new/deep/run wide"),
    Row(2, "would replace this input", "$P --log records records"),
    Row(2, "would replace this input", "$P --gradients records records"),
    Row(2, "would replace this input", "$P --write-order records records"),
    Row(2, "would replace this input", "$P --steps 2 --log records < records"),
    Row(2, "replace a file of this model", "$P -m model --log model/config.json $RECORDS"),
    Row(2, "two outputs are the same", "$P --log text.jsonl --gradients text.jsonl $RECORDS"),
    Row(4, "Is a directory", "$P --log . $RECORDS"),
    Row(4, "nowhere/log", "$P --log nowhere/log $RECORDS"),
    Row(4, "nowhere/gradients", "$P --gradients nowhere/gradients $RECORDS"),
    Row(2, "--log is a file", "$P --log - $RECORDS"),
    Row(2, "--gradients is a file", "$P --gradients - $RECORDS"),
    Row(2, "--order and --write-order are files", "$P --write-order - $RECORDS"),
    Row(4, "nowhere/order", "$P --write-order nowhere/order $RECORDS"),
  ]

  private static func prepare() throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory()
    try directory.write(try TrainingBench.stream(width: 13), to: "wide")
    try directory.write(
      try TrainingBench.stream(model: "sha256:\(String(repeating: "0", count: 64))"), to: "foreign")
    try directory.write(try TrainingBench.stream(records: 0), to: "empty")
    let text =
      #"{"id":"a","prompt":{"template":"plain","segments":[],"stop":[],"tokens":[1,2,3],"#
      + #""image_positions":[],"image_order":[],"loss_spans":[[1,3]]}}"#
    try directory.write(text + "\n", to: "text.jsonl")
    let result = try TrainingBench.run(
      """
      printf '0\\n7\\n' > numbers; printf '0\\nx\\n' > letters; echo garbage > garbage
      head -c 900 $RECORDS > cut; cp $RECORDS records; cp -r $MODEL model; ln -s model link; ln -s $GOLDEN/../models/llama-tied language
      echo $PHOTOS/scene1.jpg | convo-format -m $TINY --ask x > asked
      clip-encode -m $TINY --emit pixels asked > pixels
      clip-encode -m $TINY asked | llava-project -m $TINY > projected
      vicuna-decode -m $TINY --emit logits projected > logits
      """, in: directory)
    try #require(result.status == 0, "\(result.errors)")
    return directory
  }

  @Test(arguments: [streams, orders, outputs])
  func isRefusedInOneLineBeforeAnyStep(rows: [Row]) throws {
    let directory = try Self.prepare()
    let before = directory.names
    for row in rows {
      let output = row.command.contains("-o ") ? "" : "-o run"
      let result = try TrainingBench.run(
        """
        P="$TRAIN \(output)"; F="llava-train finetune -m $MODEL --precision f32 \(output)"
        \(row.command) 2> said; status=$?
        grep -v -e ': memory: ' -e ': time: ' -e ': warning: ' said >&2; rm said
        cmp records $RECORDS && diff -r model $MODEL || echo replaced
        exit $status
        """, in: directory)
      #expect(result.status == Int32(row.status), "\(row.command): \(result.errors)")
      #expect(result.errors.contains(row.words), "\(row.command): \(result.errors)")
      #expect(result.errors.split(separator: "\n").count == 1, "\(row.command): \(result.errors)")
      #expect(result.text == "", "\(row.command): \(result.text)")
      #expect(directory.names == before, "\(row.command): \(directory.names)")
    }
  }

  /// Parts of another model are named with what they do not fit, before anything is begun.
  @Test(arguments: [
    ("finetune --adapter $GOLDEN/lora", 6), ("finetune --projector $GOLDEN/model", 6),
    ("pretrain --projector $GOLDEN/model", 6), ("finetune --lora 4096 --memory 20M", 5),
  ])
  func partsOfAnotherModelAreRefused(train: String, status: Int) throws {
    let result = try TrainingBench.run(
      """
      echo '{"id":"a","conversations":[{"from":"human","value":"Hi"},{"from":"gpt","value":"red"}]}' \\
        | convo-format -m $TINY --train > records
      $TRAIN -m $TINY -o run records; status=$?
      ls; exit $status
      """, train: "llava-train \(train)", in: TemporaryDirectory())
    #expect(result.status == Int32(status), "\(result.errors)")
    #expect(result.text == "records\n", "\(result.text)")
  }

  /// A step too large, of which no loss tells any more: neither saved nor left as a result.
  @Test func parametersThatAreNoneAreNotWritten() throws {
    let result = try TrainingBench.run(
      """
      $TRAIN --lr 1e308 --warmup-steps 0 --steps 1 -o last good 2> errors; echo $?
      tail -1 errors >&2; ls last
      $TRAIN --lr 1e308 --warmup-steps 0 --steps 2 --save-every 1 -o saved good 2> errors; echo $?
      tail -1 errors >&2; ls saved
      """, in: try Self.good())
    #expect(result.text == "7\n7\n", "\(result.text)\(result.errors)")
    #expect(
      result.errors.contains("step 1: projector.0.weight holds NaN or infinity"),
      "\(result.errors)")
  }

  private static func good() throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory()
    try directory.write(try TrainingBench.stream(), to: "good")
    return directory
  }

  /// A record that cannot be learned from is named; where all are so, the run is refused.
  @Test(arguments: [
    ("convo-format -m $TINY --ask x", "no token carries loss"),
    ("sed s/prompt/prompts/", "the record has no `prompt` object"),
  ])
  func recordsToLearnNothingFromAreNamed(format: String, words: String) throws {
    let result = try TrainingBench.run(
      """
      echo '{"id":"a","text":"q","prompt":7}' | \(format) > records 2> errors
      $TRAIN -o run records 2> errors; status=$?
      cat errors >&2; ls; exit $status
      """, train: "llava-train finetune -m $TINY", in: TemporaryDirectory())
    #expect(result.status == 3, "\(result.errors)")
    #expect(result.errors.contains("id=a: \(words)"), "\(result.errors)")
    #expect(
      result.errors.contains("none of the 1 records can be trained on"), "\(result.errors)")
    #expect(result.text == "errors\nrecords\n")
  }

  /// One bad record of three: beyond the vocabulary, with too few images, all cut off.
  @Test func badRecordsAreLeftOut() throws {
    let directory = try TemporaryDirectory()
    try directory.write(try TrainingBench.stream(), to: "good")
    try directory.write(try TrainingBench.stream(records: 1, ids: [1, 33, 2]), to: "range")
    let long = [Int32](repeating: 3, count: 300)
    try directory.write(try TrainingBench.stream(records: 1, ids: long), to: "long")
    let result = try TrainingBench.run(
      """
      for bad in range long; do
        $TRAIN -o $bad.run --log log good $bad 2> errors; test $? = 1 || fail "$bad: $?"
        grep -q "$bad: record 1 id=r0: .*skipped" errors || fail $bad
        test $(wc -l < log) = 3 || fail "$bad: $(cat log)"
        grep -q 'the input ended' errors && fail "$bad: counted as a step"
        $TRAIN -o $bad.strict --strict good $bad 2> errors; test $? -ge 3 || fail "$bad: strict"
        test ! -e $bad.strict || fail "$bad: begun"
      done
      $TRAIN -o short --log log --steps 9 < good 2> errors || fail "short: $?"
      grep -q 'the input ended after step 3 of 9' errors || fail short
      """, in: directory)
    #expect(result.status == 0, "\(result.text)")
  }

  @Test(arguments: [Float.nan, .infinity])
  func numbersThatAreNoneNameRecordStepAndTensor(value: Float) throws {
    let directory = try TemporaryDirectory()
    try directory.write(
      try TrainingBench.stream(records: 5) { if $0 == 3 { $1[7] = value } }, to: "records")
    let result = try TrainingBench.run(
      """
      $TRAIN -o run --save-every 1 records 2> errors; status=$?
      tail -1 errors >&2; ls run; exit $status
      """, in: directory)
    #expect(result.status == 7, "\(result.errors)")
    #expect(
      result.errors.contains("step 4: record id=r3: the loss is not finite: its features"),
      "\(result.errors)")
    #expect(result.text == "checkpoint-2\ncheckpoint-3\n")
  }
}
