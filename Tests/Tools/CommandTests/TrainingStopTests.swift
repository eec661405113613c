// How runs end before their end: signals, kills, full disks, and what is left then.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@Suite struct TrainingStopTests {
  private static let canMount =
    (try? Shell.bash("unshare -rm mount -t tmpfs none /mnt"))?.status == 0

  /// 25 kills at random moments of whatever the tool is doing: opening, saving, writing the result.
  @Test func killedRunsEndInTheSameBytes() throws {
    let result = try TrainingBench.run(
      """
      all="--epochs 3 --shuffle --save-every 1 --keep 3"
      undisturbed base $all $RECORDS
      for ((kills = 0, ends = 0; kills < \(amount(25, soak: 100)); )); do
        $TRAIN -o run --log run.log --resume $all $RECORDS 2> errors & tool=$!
        # The first step comes after a while: half of the kills are to hit what follows.
        if ((RANDOM % 2)); then
          until grep -q saved errors || ! kill -0 $tool; do sleep 0.005; done 2> /dev/null
        fi
        sleep 0.$((RANDOM % 10))$((RANDOM % 10))
        kill -KILL $tool 2> /dev/null
        wait $tool 2> /dev/null; status=$?
        case $status in
          137) kills=$((kills + 1)) ;;
          0) same base run; ends=$((ends + 1)); rm -r run run.log ;;
          *) fail "status $status after $kills kills" ;;
        esac
      done 2> /dev/null
      $TRAIN -o run --log run.log --resume $all $RECORDS 2> errors || fail "the end: $?"
      same base run
      """, train: TrainingBench.lora, in: TemporaryDirectory(), timeout: 1200)
    #expect(result.status == 0, "\(result.text)\(result.errors)")
  }

  /// The tool waits for more of its input while the signal comes.
  @Test(arguments: [("TERM", 143), ("INT", 130), ("HUP", 129)])
  func aSignalSavesTheLastStepAndEndsTheRun(signal: String, status: Int) throws {
    let directory = try TemporaryDirectory()
    let result = try TrainingBench.run(
      """
      mkfifo pipe
      env --default-signal=INT $TRAIN -o run --log log --total-steps 9 < pipe 2> errors & tool=$!
      exec 3> pipe
      head -c 2000 $RECORDS >&3
      until test -s log && test $(wc -l < log) -ge 3; do sleep 0.02; done
      kill -USR1 $tool
      kill -\(signal) $tool
      start=$EPOCHREALTIME
      wait $tool; echo $?
      end=$EPOCHREALTIME
      test $((${end/./} - ${start/./})) -lt 2000000 || echo late
      cat errors >&2
      ls run; $TRAIN -o run --resume-point; wc -l < log
      """, in: directory)
    let steps = result.text.split(separator: "\n").last ?? ""
    #expect(
      result.text == "\(status)\ncheckpoint-\(steps)\n\(steps)\n\(steps)\n",
      "\(result.text)\(result.errors)")
    #expect(result.errors.contains("saved run/checkpoint-\(steps)"), "\(result.errors)")
  }

  @Test func aSaveRequestSavesAndGoesOn() throws {
    let result = try TrainingBench.run(
      """
      mkfifo pipe
      $TRAIN -o run --log log --total-steps 6 < pipe 2> errors & tool=$!
      exec 3> pipe
      head -c 1500 $RECORDS >&3
      until test -s log; do sleep 0.02; done
      kill -USR1 $tool
      tail -c +1501 $RECORDS >&3; exec 3>&-
      wait $tool || fail "status $?"
      test -e run/config.json || fail 'no result'
      grep -c saved errors
      ls -d run/checkpoint-* | wc -l
      """, in: TemporaryDirectory())
    #expect(result.text == "1\n1\n", "\(result.text)\(result.errors)")
  }

  /// In the middle of a step that takes long.
  @Test func aSecondInterruptEndsAtOnce() throws {
    let result = try TrainingBench.run(
      """
      line='{"id":"t","conversations":[{"from":"human","value":"Hi"},{"from":"gpt","value":"red"}]}'
      for ((record = 0; record < 400; record++)); do echo "$line"; done > chat
      convo-format -m $TINY --train chat > records 2> errors || fail format
      env --default-signal=INT $TRAIN -o run --micro-batch 400 --steps 50 records 2> errors & tool=$!
      until grep -q time: errors; do sleep 0.05; done; sleep 0.3
      kill -INT $tool; sleep 0.05; kill -INT $tool 2> /dev/null
      start=$EPOCHREALTIME; wait $tool; echo $?; end=$EPOCHREALTIME
      test $((${end/./} - ${start/./})) -lt 1000000 || echo late
      """, train: "llava-train finetune -m $TINY", in: TemporaryDirectory())
    #expect(result.text == "130\n", "\(result.text)\(result.errors)")
  }

  /// Each file of a checkpoint beyond what a file may hold, the first and later ones.
  @Test func aLimitOnFilesKeepsTheLastCheckpoint() throws {
    let result = try TrainingBench.run(
      """
      all="--save-every 1 --keep 99"
      undisturbed base $all $RECORDS
      rm -r base/checkpoint-1
      for ((limit = 1; limit < 8; limit++)); do
        rm -rf run run.log; mkdir run; cp -r base/checkpoint-2 run; head -2 base.log > run.log
        (ulimit -f $limit; exec $TRAIN -o run --log run.log $all --resume $RECORDS 2> errors)
        status=$?
        if test $status = 4; then
          grep -q 'File too large' errors || fail "$limit: $(cat errors)"
          diff -r base/checkpoint-2 run/checkpoint-2 || fail "$limit: spoilt"
        elif test $status != 0; then fail "$limit: status $status"; fi
        test -z "$(ls -A run | grep '^\\.')" || fail "$limit: left in run: $(ls -A run)"
        echo $status
        $TRAIN -o run --log run.log $all --resume $RECORDS 2> errors || fail "$limit: on"
        same base run
      done
      """, in: TemporaryDirectory())
    #expect(result.status == 0, "\(result.text)")
    #expect(result.text.hasPrefix("4\n4\n") && result.text.hasSuffix("0\n"), "\(result.text)")
  }

  /// A file system that is full after each number of kilobytes.
  @Test(.enabled(if: canMount, "needs to mount a tmpfs"))
  func aFullDiskKeepsTheLastCheckpoint() throws {
    let result = try TrainingBench.run(
      """
      undisturbed base --save-every 1 --keep 2 $RECORDS
      undisturbed all --save-every 1 --keep 99 $RECORDS
      cat > full.sh <<'END'
      mount -t tmpfs -o size=$1k none disk || exit 99
      cp -r all/checkpoint-2 disk/run-2 || exit 98
      mkdir disk/run; mv disk/run-2 disk/run/checkpoint-2
      head -2 base.log > disk/run.log || exit 98
      $TRAIN -o disk/run --log disk/run.log --save-every 1 --keep 2 --resume $RECORDS 2> errors
      status=$?
      latest=$(ls -d disk/run/checkpoint-* | sort | tail -1)
      test -z "$(ls -A disk/run | grep '^\\.')" || { ls -A disk/run; exit 97; }
      cp -r disk/run left; cp disk/run.log left.log
      exit $status
      END
      mkdir disk; export TRAIN
      for ((size = \(amount(24, soak: 16)); size <= 80; size += 4)); do
        unshare -rm bash full.sh $size > said; status=$?
        test $status = 98 && continue
        test $status = 0 || test $status = 4 || fail "$size: status $status $(cat said)"
        if test $status = 4; then
          grep -q 'No space left' errors || fail "$size: no reason"
        fi
        echo $status
        $TRAIN -o left --log left.log --save-every 1 --keep 2 --resume $RECORDS 2> errors || fail "$size: on"
        same base left; rm -r left left.log
      done
      """, in: TemporaryDirectory())
    #expect(result.status == 0, "\(result.text)\(result.errors)")
    #expect(result.text.contains("4\n") && result.text.hasSuffix("0\n"), "\(result.text)")
  }

  /// The input is cut, or cannot be read any more: what was done until then is saved.
  @Test func aFailureOfTheInputSavesTheLastStep() throws {
    let result = try TrainingBench.run(
      """
      undisturbed base --total-steps 6 < $RECORDS
      head -c 2000 $RECORDS | $TRAIN -o run --log run.log --total-steps 6 2> errors; echo ${PIPESTATUS[1]}
      ls run
      $TRAIN -o run --log run.log --total-steps 6 --resume < $RECORDS 2> errors || fail "on: $?"
      rm -r run/checkpoint-*; same base run
      """, in: TemporaryDirectory())
    #expect(result.text.hasPrefix("3\ncheckpoint-"), "\(result.text)\(result.errors)")
    #expect(result.status == 0)
  }
}
