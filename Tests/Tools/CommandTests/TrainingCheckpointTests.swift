// What --resume refuses: damaged checkpoints, those of another run, and directories that others use.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@Suite struct TrainingCheckpointTests {
  /// A run stopped by the end of its pipe, and one attempt to go on with it.
  private static let attempt = """
    head -c 2000 $RECORDS | $TRAIN -o run --total-steps 6 --save-every 1 2> errors
    test -d run/checkpoint-2 || fail 'no run'
    latest=$(ls -d run/checkpoint-* | sort | tail -1); cp -r run whole
    refused() {
      local status=$1 words=$2 found
      shift 2
      "$@" > said 2> errors; found=$?
      grep -v -e ': memory: ' -e ': time: ' -e ': warning: ' errors > message
      test $found = $status || fail "$* ($spoilt): status $found, wanted $status"
      test $(wc -l < message) = 1 || fail "$* ($spoilt): not one line"
      grep -q -F -- "$words" message || fail "$* ($spoilt): wanted '$words'"
    }
    resume() { $TRAIN --total-steps 6 --save-every 1 --resume "$@" < $RECORDS; }

    """

  @Test func aDamagedCheckpointIsRefusedByName() throws {
    let result = try TrainingBench.run(
      Self.attempt + """
        count=0
        for file in $(cd $latest; ls); do
          path=$latest/$file; size=$(stat -c %s $path); cp $path kept
          step=$((size / \(amount(5, soak: 200)) + 1))
          for ((place = 0; place < size; place += step)); do
            spoilt="$file at $place"
            byte=$(($(od -An -tu1 -j$place -N1 kept) ^ 1))
            printf "\\\\$(printf %03o $byte)" | dd of=$path bs=1 seek=$place conv=notrunc 2> /dev/null
            refused 3 $latest/$file resume -o run
            count=$((count + 1))
          done
          spoilt="$file cut"; head -c $((size / 2)) kept > $path; refused 3 $latest/$file resume -o run
          spoilt="$file gone"; rm $path; refused 3 $latest/$file resume -o run
          cp kept $path
        done
        spoilt=none
        resume -o run 2> errors || fail "whole: $?"
        echo $count
        """, in: TemporaryDirectory())
    #expect(result.status == 0, "\(result.text)\(result.errors)")
    #expect(result.text != "0\n")
  }

  @Test func anotherRunIsRefused() throws {
    let directory = try TemporaryDirectory()
    try directory.write(try TrainingBench.stream(), to: "other.tsz")
    let result = try TrainingBench.run(
      Self.attempt + """
        try() { refused 6 "$@" resume -o run $options; }
        options="--lr 0.5" try 'lr 0.001 there and 0.5 here'
        options="--seed 7" try 'seed'
        options="--micro-batch 2" try 'micro_batch 1 there and 2 here'
        options="--accumulate 2" try 'accumulate'
        options="--schedule linear" try 'schedule cosine there and linear here'
        options="--warmup-steps 3" try 'warmup_steps'
        options="--clip 0" try 'clip'
        options="--loss-norm micro" try 'loss_norm'
        options="--betas 0.9,0.95" try 'betas'
        options="--max-length 9" try 'max_length'
        options="--precision bf16" try 'precision'
        options="--optimizer muon" try 'optimizer adamw there and muon here'
        options="--weight-decay 0.1" try 'weight_decay'
        refused 6 'steps 6 there and 7 here' $TRAIN --total-steps 7 --resume -o run < $RECORDS
        refused 6 'parents.language' \\
          llava-train pretrain -m $GOLDEN/tied --precision f32 --total-steps 6 --resume -o run < $RECORDS
        refused 6 'stage pretrain there and finetune here' \\
          llava-train finetune -m $MODEL --lora 2 --total-steps 6 --resume -o run < $RECORDS
        refused 6 'data.order' $TRAIN --steps 6 --shuffle --resume -o run $RECORDS
        cp -r whole moved; mv moved/checkpoint-2 moved/checkpoint-20
        refused 3 'checkpoint-20: expected the checkpoint of step 20' resume -o moved
        diff -r whole run || fail 'changed'
        # The order itself counts, not what its file is called.
        printf '0\\n1\\n2\\n3\\n' > order; cp order same
        undisturbed ordered --order order --save-every 1 $RECORDS
        refused 6 'data.order' $TRAIN --order <(printf '3\\n2\\n1\\n0\\n') --resume -o ordered $RECORDS
        $TRAIN --order same --save-every 1 --resume -o ordered $RECORDS 2> errors || fail 'the same order'
        refused 6 'the records of the input differ' $TRAIN --epochs 1 --order order --resume -o ordered other.tsz $RECORDS
        """, in: directory)
    #expect(result.status == 0, "\(result.text)\(result.errors)")
  }

  @Test func adaptersOfOtherSizesAreRefused() throws {
    let result = try TrainingBench.run(
      """
      undisturbed run --save-every 1 $RECORDS
      for options in "--lora 3" "--lora-alpha 9" "--rslora" "--lora-dropout 0.2" "--freeze-projector"; do
        $TRAIN $options --save-every 1 --resume -o run $RECORDS 2> errors; status=$?
        test $status = 6 || fail "$options: $status"
        grep -q 'the checkpoint is of another run: ' errors || fail "$options"
      done
      """, train: TrainingBench.lora.replacing(" --accumulate 2", with: ""),
      in: TemporaryDirectory())
    #expect(result.status == 0, "\(result.text)\(result.errors)")
  }

  @Test func directoriesThatAreTakenStayAsTheyAre() throws {
    let result = try TrainingBench.run(
      Self.attempt + """
        refused 2 'holds checkpoints of a run, the latest of step' $TRAIN -o run $RECORDS
        diff -r whole run || fail 'changed'
        mkdir -p mine; echo '{}' > mine/config.json
        refused 2 'expected a new or an empty directory' $TRAIN -o mine $RECORDS
        refused 2 'expected a new or an empty directory' $TRAIN -o mine --resume $RECORDS
        grep -qx '{}' mine/config.json || fail 'replaced'
        undisturbed short $RECORDS; cp -r short before
        refused 2 'expected a new or an empty directory' $TRAIN -o short $RECORDS
        $TRAIN -o short --resume $RECORDS 2> errors || fail "again: $?"
        diff -r before short || fail 'another result'
        mkfifo pipe; $TRAIN -o busy --total-steps 3 < pipe 2> said & tool=$!
        exec 3> pipe; head -c 1500 $RECORDS >&3
        until test -d busy; do sleep 0.02; done; sleep 0.1
        refused 2 'busy: another run is writing here' $TRAIN -o busy $RECORDS
        refused 2 'busy: another run is writing here' $TRAIN -o busy --resume $RECORDS
        kill -KILL $tool
        """, in: TemporaryDirectory())
    #expect(result.status == 0, "\(result.text)\(result.errors)")
  }
}
