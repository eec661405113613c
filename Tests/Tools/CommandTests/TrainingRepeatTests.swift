// The same bytes for every number of threads, for whatever layers keep, and after every stop.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@Suite struct TrainingRepeatTests {
  /// All checkpoints of the run too.
  @Test(arguments: [
    "\(TrainingBench.pretrain) --micro-batch 2", TrainingBench.lora,
    TrainingBench.lora.replacing("f32", with: "bf16"),
  ])
  func threadsAndRecomputedLayersChangeNoByte(train: String) throws {
    let result = try TrainingBench.run(
      """
      run() {
        local name=$1; shift
        undisturbed $name --epochs 2 --shuffle --seed 3 --save-every 1 --keep 99 $* $RECORDS
      }
      run base -j 1 --recompute none
      run threads -j 2 --recompute none; same base threads
      run all -j 2 --recompute all; same base all
      run one -j 1 --recompute 1; same base one
      run more -j 5 --recompute auto; same base more
      ls base
      """, train: train, in: TemporaryDirectory())
    #expect(result.status == 0, "\(result.text)")
    #expect(result.text.contains("checkpoint-2\n"), "\(result.text)")
  }

  /// Stopped at random moments by each of the signals, gone on with, and so on to the end.
  @Test(arguments: [
    "--epochs 8 --shuffle --seed 1", "--mix $RECORDS=1 other.tsz=3 --epochs 6",
    "--order order --epochs 16",
  ])
  func aRunOfFilesStoppedAgainAndAgainEndsInTheSameBytes(order: String) throws {
    let directory = try TemporaryDirectory()
    try directory.write(try TrainingBench.stream(), to: "other.tsz")
    let files = order.contains("mix") ? "" : "$RECORDS"
    let result = try TrainingBench.run(
      """
      printf '4\\n0\\n3\\n3\\n' > order
      all="\(order) --save-every 1 --keep 2"
      undisturbed base $all \(files)
      for ((stops = 0, tries = 0; tries < 400; tries++)); do
        case $((tries % 3)) in
          0) signal=TERM wanted=143 ;; 1) signal=INT wanted=130 ;; 2) signal=HUP wanted=129 ;;
        esac
        # A shell without job control starts what is in the background with SIGINT ignored.
        env --default-signal=INT $TRAIN -o run --log run.log --resume $all \(files) 2> errors &
        tool=$!
        lines=$(((tries > 0) * (RANDOM % 5) + $(cat run.log 2> /dev/null | wc -l)))
        for ((wait = 0; wait < 1000; wait++)); do
          test $(cat run.log 2> /dev/null | wc -l) -gt $lines && break
          kill -0 $tool 2> /dev/null || break
          sleep 0.002
        done
        kill -$signal $tool 2> /dev/null
        wait $tool; status=$?
        test $status = 0 && break
        test $status = $wanted || fail "$signal: status $status"
        stops=$((stops + 1))
      done
      same base run
      echo "$stops stops"
      """, train: TrainingBench.lora, in: directory)
    #expect(result.status == 0 && result.text.hasSuffix(" stops\n"), "\(result.text)")
    #expect(result.text != "0 stops\n")
  }

  /// Cut inside each record of a pipe, which the tool then waits for; gone on with by skipping.
  @Test func aPipeStoppedAfterAnyStepGoesOnBySkipping() throws {
    let directory = try TemporaryDirectory()
    try directory.write(try TrainingBench.stream(records: 8), to: "eight.tsz")
    let result = try TrainingBench.run(
      """
      all="--total-steps 8 --save-every 1"
      undisturbed base $all < eight.tsz
      size=$(stat -c %s eight.tsz)
      for ((cut = 300; cut < size - 60; cut += \(amount(400, soak: 20)))); do
        rm -rf run run.log pipe; mkfifo pipe
        $TRAIN -o run --log run.log $all < pipe 2> errors & tool=$!
        exec 3> pipe
        head -c $cut eight.tsz >&3
        # It has begun to wait when its log does not grow any more.
        until grep -q time: errors; do sleep 0.02; done
        for ((seen = -1; seen < $(cat run.log 2> /dev/null | wc -l); )); do
          seen=$(cat run.log 2> /dev/null | wc -l); sleep 0.1
        done
        kill -TERM $tool
        wait $tool; status=$?
        exec 3>&-
        test $status = 143 || fail "cut $cut: status $status"
        steps=$(cat run.log 2> /dev/null | wc -l)
        test $steps = 0 || test -d run/checkpoint-$steps || fail "cut $cut: step $steps is not saved"
        echo "after $steps"
        $TRAIN -o run --log run.log $all --resume < eight.tsz 2> errors || fail "cut $cut"
        same base run
      done
      """, in: directory)
    #expect(result.status == 0, "\(result.text)")
    #expect(Set(result.text.split(separator: "\n")).count > 3, "\(result.text)")
  }

  /// A record that convo-format or clip-encode skips keeps its number.
  @Test func theProducersBeginAtTheResumePoint() throws {
    let directory = try TemporaryDirectory()
    let lines = [
      ("a", "scene1.jpg", "red"), ("b", "none.jpg", "blue"), ("c", "scene2.jpg", "a square"),
      ("d", "", "nothing"), ("e", "scene3.jpg", "green"), ("f", "scene4.jpg", "yes"),
    ].map { id, image, answer in
      let picture = image.isEmpty ? "" : #""image":"\#(image)","#
      let question = image.isEmpty ? "Hi" : #"<image>\nWhat is it?"#
      return #"{"id":"\#(id)",\#(picture)"conversations":[{"from":"human","value":"\#(question)"},"#
        + #"{"from":"gpt","value":"\#(answer)"}]}"# + "\n"
    }
    try directory.write(lines.joined(), to: "chat.jsonl")
    let result = try TrainingBench.run(
      """
      encode() {
        convo-format -m $TINY --train "$@" 2>> said | clip-encode -m $TINY --image-root $PHOTOS 2>> said
      }
      all="--total-steps 5 --save-every 1"
      encode chat.jsonl | $TRAIN -o base --log base.log $all 2> errors
      test "${PIPESTATUS[1]}" = 1 || fail "base: ${PIPESTATUS[*]}"
      for count in 1 2 3 4 5; do
        rm -rf run run.log
        head -$count chat.jsonl | encode | $TRAIN -o run --log run.log $all 2> errors
        start=$($TRAIN -o run --resume-point); echo $start
        encode --start $start chat.jsonl \\
          | $TRAIN -o run --log run.log $all --resume --start $start 2> errors
        status=${PIPESTATUS[1]}; test $status -le 1 || fail "after $count: $status"
        same base run
      done
      """, train: "llava-train pretrain -m $TINY", in: directory)
    #expect(result.status == 0 && result.text == "1\n1\n3\n4\n5\n", "\(result.text)")
  }
}
