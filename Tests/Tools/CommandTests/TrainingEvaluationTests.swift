// Evaluation while training: it changes no byte, decides as it should, and survives every stop.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@Suite struct TrainingEvaluationTests {
  /// The golden model with a held-out file of its own.
  private static func prepare() throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory()
    try directory.write(
      try TrainingBench.stream(records: 5, ids: [1, 4, 9, 8, 2]), to: "held")
    return directory
  }

  /// A rate at which the held-out loss soon rises again.
  private static let restless =
    TrainingBench.lora.replacing("1e-2", with: "0.2") + " --schedule constant --warmup-steps 0"

  @Test(arguments: [TrainingBench.pretrain, TrainingBench.lora])
  func evaluationChangesNoByteOfTheRun(train: String) throws {
    let result = try TrainingBench.run(
      """
      all="--epochs 3 --shuffle --save-every 2 --keep 9"
      undisturbed plain $all $RECORDS
      for options in "-j 1" "-j 2 --recompute all" "-j 5 --recompute none"; do
        undisturbed run $all $options --eval held --eval-every 2 $RECORDS
        grep -v eval_ run.log | cmp - plain.log || fail "$options: another log"
        test -e lines || grep eval_ run.log > lines
        grep eval_ run.log | cmp - lines || fail "$options: other losses"
        # Of the checkpoints the manifests tell of evaluations.
        diff -r -x manifest.json plain run || fail "$options: another result"
        rm -r run
      done
      grep -c '"eval_loss":[0-9]' lines
      """, train: train, in: try Self.prepare())
    #expect(result.status == 0, "\(result.text)\(result.errors)")
    // Every second step, and at the end; step 18 of one, step 6 of the other.
    #expect(result.text == (train == TrainingBench.lora ? "3\n" : "9\n"))
  }

  @Test func whatWouldMisleadIsTold() throws {
    let result = try TrainingBench.run(
      """
      undisturbed run --steps 1 --share-images --eval $RECORDS $RECORDS
      grep -q 'warning: .*records.tsz: its records are trained on as well' errors || fail same
      grep -q 'warning: --share-images shares nothing' errors || fail alone
      undisturbed other --steps 1 --share-images --micro-batch 2 --eval held $RECORDS
      grep 'warning: ' errors && fail 'warned for nothing'
      $TRAIN --inspect 1 --resume $RECORDS 2> errors > shown || fail inspection
      grep -q 'warning: --inspect shows the run from its beginning' errors || fail beginning
      """, in: try Self.prepare())
    #expect(result.status == 0, "\(result.text)\(result.errors)")
  }

  /// With a constant rate the best step is a shorter run.
  @Test func theResultIsThatOfTheBestStep() throws {
    let result = try TrainingBench.run(
      """
      undisturbed run --epochs 20 --eval held --eval-every 1 --keep-best --patience 4 $RECORDS
      best=$(tail -1 run.log | sed 's/.*"best_step"://; s/}//'); steps=$(grep -c '"loss"' run.log)
      test $best -gt 0 && test $best -lt $((steps - 1)) || fail "step $best of $steps"
      test $steps = $((best + 4)) || fail "step $best of $steps"
      grep -q "$steps steps, stopped after 4 evaluations without a lower loss, .* best: step $best," \\
        errors || fail summary
      undisturbed short --steps $best $RECORDS
      undisturbed long --steps $steps $RECORDS
      cmp run/adapter_model.safetensors short/adapter_model.safetensors || fail 'not the best'
      cmp -s long/adapter_model.safetensors short/adapter_model.safetensors && fail 'all the same'
      cmp run/adapter_model.safetensors run/checkpoint-$best/adapter_model.safetensors || fail kept
      for word in "\\"run_steps\\": $steps" "\\"best_step\\": $best" '"stopped_early": true'; do
        grep -q "$word" run/llava_config.json || fail "$word"
      done
      cp -r run before
      $TRAIN -o run --epochs 20 --eval held --eval-every 1 --keep-best --patience 4 --resume \\
        $RECORDS 2> errors || fail "again: $?"
      grep -q "the run is finished: run holds the result of $steps steps" errors || fail 'not finished'
      diff -r before run || fail 'changed'
      # Patience alone leaves the last step.
      undisturbed last --epochs 20 --eval held --eval-every 1 --patience 4 $RECORDS
      cmp last/adapter_model.safetensors long/adapter_model.safetensors || fail 'not the last'
      """, train: Self.restless, in: try Self.prepare())
    #expect(result.status == 0, "\(result.text)\(result.errors)")
  }

  /// A whole model is written from the weights where they lie in the checkpoint.
  @Test func aWholeModelIsThatOfTheBestStep() throws {
    let result = try TrainingBench.run(
      """
      undisturbed run --steps 12 --eval held --eval-every 1 --keep-best records
      best=$(tail -1 run.log | sed 's/.*"best_step"://; s/}//')
      test $best -gt 0 && test $best -lt 12 || fail "step $best"
      undisturbed short --steps $best records
      for file in $(cd short; ls *.safetensors); do cmp short/$file run/$file || fail $file; done
      """,
      train: "llava-train finetune -m $TINY --lr 0.01 --schedule constant --warmup-steps 0",
      in: try Self.tiny())
    #expect(result.status == 0, "\(result.text)\(result.errors)")
  }

  /// Text for a model that a whole one can be made of.
  private static func tiny() throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory()
    let line = { (id: String, answer: String) in
      #"{"id":"\#(id)","conversations":[{"from":"human","value":"Hi"},"#
        + #"{"from":"gpt","value":"\#(answer)"}]}"# + "\n"
    }
    try directory.write(line("a", "red"), to: "one")
    try directory.write(line("b", "a blue square"), to: "two")
    let result = try TrainingBench.run(
      """
      convo-format -m $TINY --tokenizer $TINY --train one > records
      convo-format -m $TINY --tokenizer $TINY --train two > held
      """, in: directory)
    try #require(result.status == 0, "\(result.errors)")
    return directory
  }

  /// Kills and signals at random moments, among them those of an evaluation. A signal in that of the last
  /// step leaves one thing that no other run has: a checkpoint of this step, in an older one's place.
  @Test func stoppedRunsEndInTheSameBytesAndLines() throws {
    let result = try TrainingBench.run(
      """
      all="--epochs 20 --shuffle --save-every 1 --keep 2 --eval held --eval-every 2 --keep-best
        --patience 3"
      undisturbed base $all $RECORDS
      last=checkpoint-$(sed -n 's/.*"step":\\([0-9]*\\).*/\\1/p' base.log | tail -1)
      test ! -e base/$last || fail "base has $last"
      ended() {
        test -e run/$last || { same base run; return; }
        diff -r -x 'checkpoint-*' base run > differences || fail "$(cat differences)"
        cmp base.log run.log > differences || fail "$(cat differences)"
        test "$(ls -d run/checkpoint-* | wc -l)" = "$(ls -d base/checkpoint-* | wc -l)" || fail count
      }
      for ((stops = 0, ends = 0; stops < \(amount(12, soak: 100)); )); do
        signal=$((RANDOM % 2 ? 9 : 15))
        $TRAIN -o run --log run.log --resume $all $RECORDS 2> errors & tool=$!
        until grep -q saved errors || ! kill -0 $tool; do sleep 0.005; done 2> /dev/null
        sleep 0.0$((RANDOM % 10))
        kill -$signal $tool 2> /dev/null
        wait $tool 2> /dev/null; status=$?
        case $status in
          137|143) stops=$((stops + 1)) ;;
          0) ended; ends=$((ends + 1)); rm -r run run.log ;;
          *) fail "status $status after $stops stops" ;;
        esac
      done 2> /dev/null
      $TRAIN -o run --log run.log --resume $all $RECORDS 2> errors || fail "the end: $?"
      ended
      """, train: Self.restless, in: try Self.prepare(), timeout: 1200)
    #expect(result.status == 0, "\(result.text)\(result.errors)")
  }

  @Test func anotherEvaluationIsAnotherRun() throws {
    let result = try TrainingBench.run(
      """
      all="--total-steps 6 --save-every 1"
      eval="--eval held --eval-every 1 --keep-best"
      head -c 2000 $RECORDS | $TRAIN -o run $all $eval 2> errors
      test -d run/checkpoint-2 || fail 'no run'
      refused() {
        local status=$1 words=$2; shift 2
        $TRAIN -o run $all --resume "$@" < $RECORDS 2> errors; found=$?
        test $found = $status || fail "$*: status $found"
        grep -q -F -- "$words" errors || fail "$*: wanted '$words'"
      }
      cp held same
      refused 6 'the records of --eval differ' --eval $RECORDS --eval-every 1 --keep-best
      refused 6 'evaluation.every 1 there and 2 here' --eval held --eval-every 2 --keep-best
      refused 6 'evaluation.keep_best' --eval held --eval-every 1
      refused 6 'evaluation.patience 0 there and 3 here' $eval --patience 3
      refused 6 'evaluation.file'
      $TRAIN -o run $all --eval same --eval-every 1 --keep-best --resume \\
        < $RECORDS 2> errors || fail 'the same records'
      # The best one is not the latest.
      undisturbed other --steps 9 --lr 0.3 --schedule constant --warmup-steps 0 --save-every 1 \\
        $eval --keep 1 $RECORDS
      best=$(tail -1 other.log | sed 's/.*"best_step"://; s/}//')
      test -d other/checkpoint-$best && test $best -lt 8 || fail "step $best"
      rm other/*.json other/*.safetensors; echo >> other/checkpoint-$best/state.safetensors
      $TRAIN -o other --steps 9 --lr 0.3 --schedule constant --warmup-steps 0 --save-every 1 \\
        $eval --keep 1 --resume $RECORDS 2> errors; test $? = 3 || fail 'damaged'
      grep -q "checkpoint-$best/.*: the checkpoint of the lowest held-out loss: expected" errors \\
        || fail 'not named'
      """, in: try Self.prepare())
    #expect(result.status == 0, "\(result.text)\(result.errors)")
  }
}
