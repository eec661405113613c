// Several ranks train as one does: the same bytes of results, checkpoints and logs.
// SPDX-License-Identifier: Apache-2.0
import JSON
import TestSupport
import Testing

@Suite(.enabled(if: RankBench.isThere, "needs MPI: mpicc and mpirun"), .serialized)
struct RankTests {
  static let pretrain = TrainingBench.pretrain
  static let lora = TrainingBench.lora.replacing("--accumulate 2", with: "--accumulate 4")
    .replacing("--micro-batch 2", with: "--micro-batch 1")
  /// On lines of text, of which the tiny model learns fast enough.
  static let full = "llava-train finetune -m $TINY --lr 1e-3"

  /// Epochs whose last steps are short, more ranks than these have micro-batches, and evaluation.
  @Test(arguments: [
    (pretrain, "--accumulate 4 --shuffle --eval $RECORDS --eval-every 2 --keep-best"),
    (pretrain, "--accumulate 4 --micro-batch 2 --loss-norm micro --clip 0.1"),
    (lora, "--shuffle"), (full, "--accumulate 4"),
    (full, "--accumulate 4 --optimizer muon --muon-lr 1e-2"),
  ])
  func ranksGiveTheBytesOfOne(train: String, options: String) throws {
    let result = try RankBench.run(
      """
      all="\(options) --epochs 3 --save-every 1 --keep 99"
      case "$TRAIN" in *TINY* | *tiny*)
        for n in 1 2 3 4 5 6; do
          printf '{"id":"%s","conversations":[{"from":"human","value":"Hi"},{"from":"gpt","value":"red %s"}]}\\n' $n $n
        done | convo-format -m $TINY --plain --train > text 2> errors || fail format
        RECORDS=text ;;
      esac
      $TRAIN -o one --log one.log $all $RECORDS 2> errors || fail "one: $?"
      for count in 2 4; do
        ranks $count $TRAIN -o many --log many.log $all $RECORDS || fail "$count: $?"
        ours | grep -c 'the same bytes as with one rank'
        same one many
        grep -c '"sent_bytes":[1-9]' many.log
        rm -r many many.log
      done
      grep -c loss_tokens one.log
      """, train: train, in: TemporaryDirectory())
    let lines = result.text.split(separator: "\n")
    try #require(result.status == 0 && lines.count == 5, "\(result.text)\(result.errors)")
    let steps = lines[4]
    #expect(lines[0] == "1" && lines[2] == "1")
    #expect(lines[1] == lines[3] && (lines[1] == steps || options.contains("eval")))
  }

  /// A debug build's kernels crawl.
  private static let trained =
    FolderTests.releaseTools ? #"pretrain "finetune --lora 4" finetune"# : "pretrain"

  /// The tiny model's projector and layers have many blocks, so that every rank has slices.
  @Test func slicesOfManyBlocksGiveTheBytesOfOne() throws {
    let directory = try TemporaryDirectory()
    let records = (1...16).map { number in
      """
      {"id":"\(number)","image":"scene\(1 + number % 2).jpg","conversations":[{"from":"human",\
      "value":"<image>\\nWhat is it?"},{"from":"gpt","value":"a blue triangle, \(number)"}]}

      """
    }
    try directory.write(records.joined(), to: "chat")
    let result = try RankBench.run(
      """
      convo-format -m $TINY --train chat 2> errors \\
        | clip-encode -m $TINY --image-root $PHOTOS -o features 2> errors || fail encode
      for what in \(Self.trained); do
        train="llava-train $what -m $TINY --accumulate 8 --steps 3 --lr 1e-3 --save-every 2 --shuffle"
        $train -o one --log one.log features 2> errors || fail "one: $?"
        for count in \(FolderTests.releaseTools ? "2 4 8" : "2 4"); do
          ranks $count $train -o many --log many.log features || fail "$count: $?"
          same one many; rm -r many many.log
        done
        rm -r one one.log
      done
      """, in: directory, timeout: 900)
    #expect(result.status == 0 && result.text.isEmpty, "\(result.text)\(result.errors)")
  }

  /// Of a pipe rank 0 reads the records and deals them out, pixels as well.
  @Test func aPipeIsDealtOut() throws {
    let directory = try TemporaryDirectory()
    let result = try RankBench.run(
      """
      all="--total-steps 2 --accumulate 4 --max-skips 3"
      cat $RECORDS $RECORDS > two
      $TRAIN -o one --log one.log $all < two 2> errors || test $? = 1 || fail "one: $?"
      for count in 2 3 4; do
        ranks $count $TRAIN -o many --log many.log $all < two || test $? = 1 || fail "$count: $?"
        test $count = 3 || same one many
        wc -l < many.log; rm -r many many.log
      done
      for n in 1 2 3 4 5; do echo '{"id":"'$n'","conversations":[{"from":"human","value":"Hi"},
        {"from":"gpt","value":"red '$n'"}]}' | tr -d '\\n'; echo; done > chat
      convo-format -m $TINY --plain --train chat > text 2> errors || fail format
      text="llava-train finetune -m $TINY --lora 2 --total-steps 2 --accumulate 4"
      $text -o words --log words.log < text 2> errors || fail "words: $?"
      ranks 2 $text -o more --log more.log < text || fail "more: $?"
      same words more
      """, in: directory)
    #expect(result.text == "2\n2\n2\n" && result.status == 0, "\(result.text)\(result.errors)")
  }

  /// Stopped after some steps with one number of ranks, and gone on with another, one too.
  @Test func anotherNumberOfRanksGoesOn() throws {
    let result = try RankBench.run(
      """
      all="--epochs 4 --shuffle --accumulate 4 --save-every 1 --keep 99"
      $TRAIN -o base --log base.log $all $RECORDS 2> errors || fail "base: $?"
      begin() {
        rm -rf run run.log; mkdir run; cp -r base/checkpoint-1 run; head -1 base.log > run.log
      }
      begin
      for count in 4 1 2; do
        ranks $count $TRAIN -o run --log run.log --resume $all $RECORDS || fail "$count: $?"
        same base run
        for step in 2 3; do rm -rf run/checkpoint-$((7 - step)); done
        rm -r run; mkdir run; cp -r base/checkpoint-[1-$((count + 1))] run
      done
      """, train: Self.lora, in: TemporaryDirectory())
    #expect(result.status == 0 && result.text.isEmpty, "\(result.text)\(result.errors)")
  }

  /// Micro-batches that cannot be shared evenly: not the bytes of one rank, but the same ones again.
  @Test func othersAreRepeatable() throws {
    let result = try RankBench.run(
      """
      all="--accumulate 6 --epochs 2"
      for run in a b; do
        ranks 2 $TRAIN -o $run --log $run.log $all $RECORDS || fail "$run: $?"
        ours | grep -o 'the same bytes for this number of ranks'
      done
      cp b.log c.log; plain a.log > d.log; mv d.log a.log
      same a b
      ranks 3 $TRAIN -o c $all $RECORDS || fail "three: $?"
      ours | grep -o 'the same bytes as with one rank'
      ranks 4 $TRAIN -o d --accumulate 3 $RECORDS; echo $?; ours
      """, in: TemporaryDirectory())
    #expect(
      result.text == """
        the same bytes for this number of ranks
        the same bytes for this number of ranks
        the same bytes as with one rank
        2
        llava-train: --accumulate: expected at least 4 micro-batches a step, one a rank, found 3 \
        (give --accumulate 4 or more, or start fewer ranks)

        """, "\(result.errors)")
  }

  /// What rank 0 sends of a projector of 24,576 + 192 + 36,864 + 192 numbers, 4 bytes each: before the
  /// update what is not its own, after it what is, to each other rank. Slices are blocks of 4,096; of two
  /// ranks it owns 12,288 + 192 + 16,384 + 192, of four 8,192 + 0 + 8,192 + 192.
  @Test(arguments: [(2, 4 * 61_824), (4, 4 * (61_824 - 16_576) + 4 * 3 * 16_576)])
  func sentBytesAreTheArithmetic(ranks: Int, bytes: Int) throws {
    let directory = try TemporaryDirectory()
    let turns =
      #""conversations":[{"from":"human","value":"<image>"},{"from":"gpt","value":"blue"}]"#
    let records = (1...8).map {
      "{\"id\":\"\($0)\",\"image\":\"scene\(1 + $0 % 2).jpg\",\(turns)}\n"
    }
    try directory.write(records.joined(), to: "chat")
    let result = try RankBench.run(
      """
      convo-format -m $TINY --template plain --train chat 2> errors \\
        | clip-encode -m $TINY --image-root $PHOTOS -o features 2> errors || fail encode
      ranks \(ranks) llava-train pretrain -m $TINY --accumulate 4 -o run --log log features \\
        || fail "run: $?"
      cat log
      """, in: directory)
    let lines = try result.objects()
    #expect(lines.count == 2 && result.status == 0, "\(result.errors)")
    #expect(lines.allSatisfy { $0["sent_bytes"]?.int == bytes }, "\(result.text)")
  }
}
