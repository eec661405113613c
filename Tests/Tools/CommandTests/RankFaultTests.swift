// How a run of several ranks ends: signals, a rank that dies, stalls, fails or reads something else.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@Suite(.enabled(if: RankBench.isThere, "needs MPI: mpicc and mpirun"), .serialized)
struct RankFaultTests {
  private static let canMount =
    (try? Shell.bash("unshare -rm mount -t tmpfs none /mnt"))?.status == 0

  /// Shell functions: `begin OPTION…` starts two ranks in the background on a pipe, which is held open
  /// after some steps; `child N` is the process of rank N.
  private static let prelude = """
    all="--accumulate 2 --total-steps 3"
    cat $RECORDS > input
    $TRAIN -o base --log base.log $all --save-every 1 --keep 9 < input 2> errors || fail "base: $?"
    begin() {
      mkfifo pipe
      mpirun -q --oversubscribe --allow-run-as-root --bind-to none -n 2 \\
        $TRAIN -o run --log run.log $all "$@" < pipe 2> errors & job=$!
      exec 3> pipe
      head -c 2000 input >&3
      until test -s run.log || ! kill -0 $job; do sleep 0.05; done
    }
    child() { cut -d ' ' -f $(($1 + 1)) /proc/$job/task/$job/children; }
    ends() {
      for ((tenth = 0; tenth < 600; tenth++)); do
        kill -0 $job 2> /dev/null || { wait $job; echo $?; return; }
        sleep 0.1
      done
      kill -KILL $job; fail 'it hangs'
    }
    resumed() {
      exec 3>&-
      ranks 2 $TRAIN -o run --log run.log $all --resume --save-every 1 < input || fail "on: $?"
      plain run.log | cmp - base.log || fail 'another log'
      for file in base/*.safetensors base/config.json; do
        cmp $file run/${file#base/} || fail 'another result'
      done
    }

    """

  private func run(_ script: String, train: String = TrainingBench.pretrain) throws -> ShellResult {
    try RankBench.run(Self.prelude + script, train: train, in: TemporaryDirectory())
  }

  /// What mpirun passes on to its ranks.
  @Test func signalsSaveAndStopOnAllRanks() throws {
    let result = try run(
      """
      begin
      kill -USR1 $job; sleep 0.5
      cat input | tail -c +2001 | head -c 400 >&3
      kill -USR2 $job
      tail -c +2401 input >&3; exec 3>&-
      ends
      ours | grep -c 'saved run/checkpoint'; ls run | grep -v checkpoint
      resumed
      """)
    let lines = result.text.split(separator: "\n")
    #expect(lines.count >= 2 && lines[0] == "140" && lines[1] >= "1", "\(result.text)")
    #expect(result.status == 0 && lines.count == 2, "\(result.text)\(result.errors)")
  }

  @Test(arguments: [0, 1])
  func aKilledRankEndsTheJob(rank: Int) throws {
    let result = try run(
      """
      begin --save-every 1
      until test -e run/checkpoint-1 || ! kill -0 $job; do sleep 0.05; done
      kill -KILL $(child \(rank))
      ends
      resumed
      """)
    #expect(result.text == "137\n" && result.status == 0, "\(result.text)\(result.errors)")
  }

  /// Whoever waits names it, and only one of those who wait.
  @Test(arguments: [0, 1, 2])
  func aRankThatStallsIsNamed(rank: Int) throws {
    let result = try RankBench.run(
      """
      mpirun -q --oversubscribe --allow-run-as-root --bind-to none -n 3 \\
        $TRAIN -q -o run --log run.log --accumulate 4 --steps 20000 --rank-timeout 5 $RECORDS \\
        2> errors & job=$!
      until test -s run.log || ! kill -0 $job; do sleep 0.05; done
      stalled=$(cut -d ' ' -f \(rank + 1) /proc/$job/task/$job/children)
      kill -STOP $stalled
      for ((tenth = 0; tenth < 400; tenth++)); do kill -0 $job 2> /dev/null || break; sleep 0.1; done
      kill -CONT $stalled 2> /dev/null; kill -KILL $job 2> /dev/null && fail 'it hangs'
      wait $job; echo $?; ours
      """, in: TemporaryDirectory())
    let lines = result.text.split(separator: "\n")
    try #require(lines.count == 2, "\(result.text)\(result.errors)")
    #expect(lines[0] == "4")
    // At a step's end, or in the middle of an exchange.
    let ends = ["did not come to the ", "does not answer at the "]
    #expect(
      lines[1].contains("rank \(rank) on ") && ends.contains { lines[1].contains($0) },
      "\(lines[1])")
  }

  /// Each in one line of one rank, with its status.
  @Test(arguments: [
    ("--lr 1e-2 $RECORDS", "--lr 2e-2 $RECORDS", 6, ": it is of another run: lr 0.02 there"),
    ("$RECORDS", "other.tsz", 6, ": it is of another run: the records of the input differ"),
    ("$RECORDS", "none.tsz", 4, ": none.tsz: "),
    ("--seed 1 $RECORDS", "-m $TINY $RECORDS", 6, "rank 1 on "),
    ("$RECORDS", "--bogus $RECORDS", 2, "Unknown option '--bogus'"),
    ("$RECORDS", "--lr abc $RECORDS", 2, "'abc' is invalid for '--lr"),
  ])
  func ranksOfAnotherRunAreRefused(first: String, second: String, status: Int, text: String) throws
  {
    let directory = try TemporaryDirectory()
    try directory.write(try TrainingBench.stream(records: 6), to: "other.tsz")
    let result = try RankBench.run(
      """
      timeout -k 5 60 mpirun -q --oversubscribe --allow-run-as-root --bind-to none \\
        -n 1 $TRAIN -q -o run --accumulate 2 \(first) : -n 1 $TRAIN -q -o run --accumulate 2 \(second) \\
        2> errors; echo $?; ours
      test -e run && echo left
      """, in: directory)
    let lines = result.text.split(separator: "\n")
    try #require(lines.count == 2, "\(result.text)\(result.errors)")
    #expect(lines[0] == "\(status)" && lines[1].contains("rank 1 on ") && lines[1].contains(text))
  }

  /// NaN, in a record of the second rank's.
  @Test func whatARankMeetsIsSaidOnce() throws {
    let directory = try TemporaryDirectory()
    try directory.write(
      try TrainingBench.stream(records: 4) { if $0 == 3 { $1[5] = .nan } }, to: "bad.tsz")
    let result = try RankBench.run(
      """
      ranks 2 $TRAIN -q -o run --accumulate 4 --micro-batch 1 bad.tsz; echo $?; ours
      LLAVA_MPI=none.so ranks 2 $TRAIN -o run --accumulate 4 bad.tsz; echo $?; ours
      LLAVA_MPI=bad.tsz ranks 2 $TRAIN -o run --accumulate 4 bad.tsz; echo $?; ours
      ranks 2 $TRAIN --no-such-option; echo $?; ours
      ranks 2 $TRAIN -m $MODEL --dry-run bad.tsz; echo $?
      """, in: directory)
    let lines = result.text.split(separator: "\n")
    try #require(lines.count == 11, "\(result.text)\(result.errors)")
    #expect(lines[0] == "7" && lines[1].contains("rank 1 on ") && lines[1].contains("id=r3"))
    #expect(lines[2] == "4" && lines[3].contains("libllava-mpi.so is not there (build it with"))
    #expect(lines[4] == "4" && lines[5].hasPrefix("llava-train: bad.tsz: "))
    #expect(lines[6] == "2" && lines[7].contains("--no-such-option"))
    #expect(lines[8].hasPrefix("memory: ") && lines[9].hasPrefix("time: ") && lines[10] == "0")
  }

  /// Open MPI's own default for two ranks.
  @Test func aRankBoundToFewerCoresIsToldOf() throws {
    let result = try RankBench.run(
      """
      for bound in core none; do
        timeout -k 5 60 mpirun -q --oversubscribe --allow-run-as-root --bind-to $bound -n 2 \\
          $TRAIN -j 2 -o $bound --accumulate 2 $RECORDS 2> errors || fail "$bound: $?"
        ours | grep -o '1 core, and has 2 threads: start it with mpirun --bind-to none'
      done
      test $(nproc) -gt 1 || echo 'one core'
      """, in: TemporaryDirectory())
    let warning = "1 core, and has 2 threads: start it with mpirun --bind-to none\n"
    #expect(
      result.text == warning || result.text == warning + warning + "one core\n",
      "\(result.text)\(result.errors)")
  }

  /// A file system that is full in the middle of a checkpoint.
  @Test(.enabled(if: canMount, "needs to mount a tmpfs"))
  func aFullDiskEndsTheJob() throws {
    let result = try RankBench.run(
      """
      all="--accumulate 2 --epochs 2 --save-every 1 --keep 99"
      $TRAIN -o base --log base.log $all $RECORDS 2> errors || fail "base: $?"
      cat > full.sh <<'END'
      mount -t tmpfs -o size=36k none disk || exit 99
      timeout -k 5 60 mpirun -q --oversubscribe --allow-run-as-root --bind-to none -n 2 \\
        $TRAIN -q -o disk/run --log disk/run.log $all $RECORDS 2> errors
      status=$?
      test -z "$(ls -A disk/run | grep '^\\.')" || { ls -A disk/run; exit 97; }
      cp -r disk/run run; cp disk/run.log run.log
      exit $status
      END
      mkdir disk; export TRAIN all
      unshare -rm bash full.sh; echo $?; ours
      ranks 2 $TRAIN -o run --log run.log $all --resume $RECORDS || fail "on: $?"
      same base run
      """, in: TemporaryDirectory())
    let lines = result.text.split(separator: "\n")
    try #require(lines.count == 2 && result.status == 0, "\(result.text)\(result.errors)")
    #expect(lines[0] == "4" && lines[1].contains("No space left"))
  }
}
