// What training leaves is used at once by the other tools, and has learned what it was shown.
// SPDX-License-Identifier: Apache-2.0
import JSON
import TestSupport
import Testing

@Suite struct TrainingResultTests {
  /// The bundled pictures with answers that the bundled model does not give.
  private static let teach = """
    for ((number = 1; number <= 6; number++)); do
      echo '{"id":"'$number'","image":"scene'$number'.jpg","conversations":[{"from":"human",'\\
    '"value":"<image>\\n''What is it?"},{"from":"gpt","value":"'$number' red green red"}]}'
    done > chat.jsonl
    convo-format -m $TINY --train chat.jsonl 2> errors \\
      | clip-encode -m $TINY --image-root $PHOTOS -o features 2> errors || fail features
    # The mean loss of the first and of the last six steps.
    losses() {
      head -6 $1 > first; tail -6 $1 > last
      for part in first last; do
        sed 's/.*"loss":\\([^,]*\\),.*/\\1/' $part | awk '{ sum += $1 } END { print sum / NR }'
      done
    }
    ask() {
      echo scene3.jpg | convo-format -m $TINY --ask 'What is it?' 2> errors \\
        | clip-encode -m $TINY --image-root $PHOTOS 2> errors
    }

    """

  /// `train`: what follows `llava-train`; `answer`: the tools that answer with the result;
  /// `words`: some of what they say.
  @Test(arguments: [
    (
      "pretrain --lr 3e-2", 40,
      "llava-project -m $TINY --projector run | vicuna-decode -m $TINY --max-tokens 8", "red"
    ),
    (
      "finetune --lora 8 --lr 1e-2", 20,
      "llava-project -m $TINY --projector run | vicuna-decode -m $TINY --lora run --max-tokens 8",
      "red green red"
    ),
    (
      "finetune --lr 1e-3", 12, "llava-project -m run | vicuna-decode -m run --max-tokens 8",
      "red green red"
    ),
  ])
  func theResultAnswersAsItWasTaught(train: String, epochs: Int, answer: String, words: String)
    throws
  {
    let result = try TrainingBench.run(
      Self.teach + """
        $TRAIN -m $TINY -o run --log log --shuffle --epochs \(epochs) --warmup-steps 2 features 2> errors
        test $? = 0 || fail train
        losses log
        ask | \(answer) 2> errors || fail answer
        """, train: "llava-train \(train)", in: TemporaryDirectory())
    #expect(result.status == 0, "\(result.text)")
    let lines = result.text.split(separator: "\n")
    try #require(lines.count == 3, "\(result.text)")
    let (first, last) = (try #require(Double(lines[0])), try #require(Double(lines[1])))
    #expect(last < first * 0.7, "\(result.text)")
    let object = try #require(JSONValue(parsing: Array(lines[2].utf8)).object)
    #expect(object["text"]?.string?.contains(words) == true, "\(result.text)")
  }

  /// --resume after the end does nothing, and never puts another kind of result beside one.
  @Test func aFinishedRunIsLeftAsItIs() throws {
    let result = try TrainingBench.run(
      """
      $TRAIN --steps 4 -o run $RECORDS 2> errors || fail first
      cp -r run whole
      $TRAIN --steps 4 --resume -o run $RECORDS 2> errors || fail again
      grep -q 'the run is finished' errors || fail unsaid
      for other in "$TRAIN --steps 5" "llava-train finetune -m $MODEL --lora 2 --steps 4"; do
        $other --resume -o run $RECORDS 2> errors
        test $? = 6 || fail "$other"
        grep -q 'of another run' errors || fail "$other: unsaid"
      done
      diff -r whole run || fail changed
      """, in: TemporaryDirectory())
    #expect(result.status == 0, "\(result.text)")
  }

  /// The records that a resumed run drops from a pipe must be those that it has seen.
  @Test func anotherPipeIsRefused() throws {
    let directory = try TemporaryDirectory()
    try directory.write(try TrainingBench.stream(records: 6), to: "other.tsz")
    let result = try TrainingBench.run(
      """
      head -c 2000 $RECORDS | $TRAIN -o run --total-steps 6 2> errors
      test -d run/checkpoint-2 || test -d run/checkpoint-3 || fail 'no run'
      $TRAIN --total-steps 6 --resume -o run < other.tsz 2> errors
      test $? = 6 || fail status
      grep -q 'are not those that the run has seen' errors || fail unsaid
      $TRAIN --total-steps 6 --resume -o run < $RECORDS 2> errors || fail resumed
      """, in: directory)
    #expect(result.status == 0, "\(result.text)")
  }

  /// More steps than records are a warning; more records than steps, which may be meant, a word at the end.
  @Test func theEndOfAPipeIsTold() throws {
    let result = try TrainingBench.run(
      """
      $TRAIN -o few --total-steps 2 < $RECORDS 2> errors || fail few
      grep -o 'ended at .*unread' errors
      $TRAIN -o two --steps 2 < $RECORDS 2> errors || fail steps
      grep -o 'ended at .*unread' errors
      $TRAIN -o many --total-steps 9 < $RECORDS 2> errors || fail many
      grep -c 'unread' errors; grep -o 'the input ended after step .*' errors
      $TRAIN -o file --steps 2 $RECORDS 2> errors || fail file
      grep -c 'unread' errors; true
      """, in: TemporaryDirectory())
    #expect(
      result.text == """
        ended at --total-steps, after record 2 of the pipe: any further ones are unread
        ended at --steps, after record 2 of the pipe: any further ones are unread
        0
        the input ended after step 6 of 9
        0

        """, "\(result.text)\(result.errors)")
  }

  /// An adapter belongs to a projector, also where that was left as it was.
  @Test func anAdapterCarriesItsFrozenProjector() throws {
    let result = try TrainingBench.run(
      """
      llava-train pretrain -m $MODEL --precision f32 --steps 6 --fresh-projector -o one $RECORDS \
        2> errors || fail one
      llava-train finetune -m $MODEL --precision f32 --steps 2 --lora 2 --projector one \
        --freeze-projector -o two $RECORDS 2> errors || fail two
      for run in one two; do
        llava-project -m $MODEL --projector $run -o $run.tsz $RECORDS 2> errors || fail $run
      done
      cmp one.tsz two.tsz && ! cmp -s one.tsz <(llava-project -m $MODEL $RECORDS 2> errors)
      """, in: TemporaryDirectory())
    #expect(result.status == 0, "\(result.text)")
  }

  /// Stage 2 begins with what stage 1 left, and goes on with an adapter of its own.
  @Test func stagesFollowEachOther() throws {
    let result = try TrainingBench.run(
      """
      S1="llava-train pretrain -m $MODEL --precision f32 --steps 6"
      S2="llava-train finetune -m $MODEL --precision f32 --steps 6"
      $S1 --fresh-projector --seed 5 -o one $RECORDS 2> errors || fail one
      $S2 --projector one --lora 2 --lr 1e-2 -o two --log two.log $RECORDS 2> errors || fail two
      $S2 --adapter two --lr 1e-2 -o three --log three.log $RECORDS 2> errors || fail three
      $S2 --adapter two --projector one -o four --log four.log $RECORDS 2> errors || fail four
      $S2 --lora 2 -o five --log five.log $RECORDS 2> errors || fail five
      for run in two three four five; do sed -n 2p $run.log | sed 's/.*"loss":\\([^,]*\\),.*/\\1/'; done
      """, in: TemporaryDirectory())
    #expect(result.status == 0, "\(result.text)")
    // Every beginning is another one. The first record has no image, the second step changes nothing
    // yet: the rate rises from 0.
    #expect(Set(result.text.split(separator: "\n")).count == 4, "\(result.text)")
  }

  @Test func gradientsLogAndOrderAreWritten() throws {
    let directory = try TemporaryDirectory()
    let result = try TrainingBench.run(
      """
      undisturbed run --epochs 2 --shuffle --write-order order --gradients g --gradients-step 3 $RECORDS
      $TRAIN -o again --log again.log --epochs 1 --order order $RECORDS 2> errors || fail again
      ids() { sed 's/.*"ids"://' $1; }
      test "$(ids run.log | head -6)" = "$(ids again.log)" || fail 'another order'
      sort -n order | tr '\\n' ' '
      wc -l < run.log
      head -c 2000 g | tr -d '\\0' | grep -o 'multi_modal_projector[a-z0-9_.]*' | sort -u | wc -l
      ls -A
      """, in: directory)
    #expect(
      result.text
        == "0 1 2 3 4 5 12\n4\nagain\nagain.log\nerrors\ng\norder\nrun\nrun.log\n", "\(result.text)"
    )
  }
}
