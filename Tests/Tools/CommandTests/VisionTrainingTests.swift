// llava-train --train-vision: what it reads, what it leaves, and the same bytes however it came there.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@Suite struct VisionTrainingTests {
  private static let train = """
    llava-train finetune -m model --precision f32 --train-vision --vision-lr 5e-4 --lr 1e-3 \
    --micro-batch 2 --accumulate 2
    """

  /// The golden model with a tokenizer, which a whole model needs.
  private static func run(_ script: String, train: String = train) throws -> ShellResult {
    try TrainingBench.run(
      """
      cp -r $GOLDEN/seeing model; cp $TINY/tokenizer* model; PIXELS=$GOLDEN/pixels.tsz

      """ + script, train: train, in: TemporaryDirectory())
  }

  /// All checkpoints of the run too.
  @Test(arguments: [train, train.replacing("f32", with: "bf16")])
  func threadsAndRecomputedLayersChangeNoByte(train: String) throws {
    let result = try Self.run(
      """
      run() {
        local name=$1; shift
        undisturbed $name --epochs 3 --shuffle --seed 3 --save-every 1 --keep 99 $* $PIXELS
      }
      run base -j 1 --recompute none
      run threads -j 2 --recompute none; same base threads
      # A layer of the tower, the tower, and all of the model.
      for layers in 1 2 all; do run r$layers -j 2 --recompute $layers; same base r$layers; done
      ls base | grep checkpoint
      """, train: train)
    #expect(result.status == 0, "\(result.text)")
    #expect(result.text.split(separator: "\n").count == 5, "\(result.text)")
  }

  /// A checkpoint holds the tower; what goes on after it ends in the bytes of one uninterrupted run.
  @Test(arguments: ["--epochs 2 --shuffle $PIXELS", "--total-steps 2 < $PIXELS"])
  func aResumedRunEndsInTheSameBytes(input: String) throws {
    let result = try Self.run(
      """
      more() { $TRAIN "$@" \(input); }
      more --save-every 1 --keep 99 -o parts --log parts.log 2> errors || fail parts
      more --save-every 1 --keep 1 -o base --log base.log 2> errors || fail base
      test $(wc -l < base.log) -ge 2 || fail 'too short'
      head -c 4000 parts/checkpoint-1/state.safetensors | tr -d '\\0' \\
        | grep -q '"first_moments.vision.class_embedding"' || fail 'no tower in the checkpoint'
      mkdir run; cp -r parts/checkpoint-1 run; head -1 parts.log > run.log
      more --save-every 1 --keep 1 --resume -o run --log run.log 2> errors || fail resumed
      grep -q 'resuming after step 1' errors || fail 'begun anew'
      same base run
      # The tower's rate is the run's.
      rm -r run; mkdir run; cp -r parts/checkpoint-1 run
      TRAIN="$TRAIN --vision-lr 1e-3"; more --resume -o run 2> errors
      test $? = 6 || fail 'another rate'
      grep -q vision_lr errors || fail unsaid
      """)
    #expect(result.status == 0, "\(result.text)\(result.errors)")
  }

  /// The tower alone learns, and nothing else changes; the other tools use what is left.
  @Test func theTowerAloneIsTrained() throws {
    let result = try Self.run(
      """
      seen() {
        ls $PHOTOS/scene[12].jpg | clip-encode -m $1 --precision f32 2> errors | tensor-view - 2> errors
      }
      $TRAIN --freeze-language --freeze-projector --lr 3e-3 --warmup-steps 0 --schedule constant \\
        --accumulate 3 --epochs 12 -o run --log log $PIXELS 2> errors || fail train
      grep -q 'next: clip-encode -m' errors || fail next
      for line in 1 $(wc -l < log); do sed -n ${line}p log | sed 's/.*"loss":\\([^,]*\\),.*/\\1/'; done
      llava-weights verify --part projector model run > /dev/null 2> errors || fail projector
      llava-weights verify --part vision model run > said 2> errors && fail 'no change'
      grep -c 'layers[.]2[.]\\|post_layernorm' said
      test "$(seen run)" != "$(seen model)" || fail 'the same features'
      """)
    #expect(result.status == 0, "\(result.text)\(result.errors)")
    let lines = result.text.split(separator: "\n").map { Double($0) ?? .nan }
    try #require(lines.count == 3, "\(result.text)")
    #expect(lines[1] < 0.95 * lines[0] && lines[2] == 0, "\(result.text)")
  }

  /// From photos on; a gradient of every parameter that features are computed with, and of no other.
  @Test func pixelsComeFromClipEncode() throws {
    let result = try TrainingBench.run(
      """
      for number in 1 2; do
        echo '{"id":"'$number'","image":"scene'$number'.jpg","conversations":[{"from":"human",'\\
      '"value":"<image>\\nWhat?"},{"from":"gpt","value":"red"}]}'
      done | convo-format -m $TINY --train 2> errors \\
        | clip-encode -m $TINY --image-root $PHOTOS --emit pixels 2> errors \\
        | $TRAIN --total-steps 1 --micro-batch 2 -o run --gradients gradients 2> errors || fail train
      head -c 60000 gradients | tr -d '\\0' | grep -o 'vision_tower[^"]*' | sort > found
      grep -c . found
      grep -c 'class_embedding\\|patch_embedding\\|position_embedding\\|pre_layrnorm' found
      grep -c 'post_layernorm' found
      test -e run/config.json || fail 'no result'
      """, train: "llava-train finetune -m $TINY --train-vision", in: TemporaryDirectory())
    #expect(result.status == 0, "\(result.text)\(result.errors)")
    let lines = result.text.split(separator: "\n").map { Int($0) ?? -1 }
    // Five of the embeddings and the first norm, 16 of each layer.
    #expect(lines.count == 3 && lines[1] == 5 && lines[2] == 0, "\(result.text)")
    #expect(lines.first.map { $0 > 5 && ($0 - 5) % 16 == 0 } == true, "\(result.text)")
  }

  @Test(arguments: [
    (6, "found a stream of 'pixels' (leave --emit pixels out", "finetune", "$GOLDEN/pixels.tsz"),
    (6, "found a stream of 'pixels' (leave --emit pixels out", "pretrain", "$GOLDEN/pixels.tsz"),
    (
      6, "expected pixels, found a stream of 'clip-features'", "finetune --train-vision", "$RECORDS"
    ),
    (
      6, "expected pixels, found a stream of 'clip-features'", "finetune --train-vision",
      "$GOLDEN/pixels.tsz $RECORDS"
    ),
    (6, "expected images of 112 x 112", "finetune --train-vision -m $TINY", "$GOLDEN/pixels.tsz"),
    (6, "text alone teaches a vision tower nothing", "finetune --train-vision", "text"),
    (2, "has no place for a tower", "finetune --train-vision --lora 2", "$GOLDEN/pixels.tsz"),
    (
      2, "has no place for a tower", "finetune --train-vision --recipe llava-1.5-lora",
      "$GOLDEN/pixels.tsz"
    ),
    (2, "give both", "finetune --vision-lr 1e-3", "$RECORDS"),
    (2, "vision-lr", "pretrain --vision-lr 1e-3", "$RECORDS"),
    (2, "--vision-lr must be above 0", "finetune --train-vision --vision-lr 0", "$RECORDS"),
    (5, "expected at most", "finetune --train-vision --memory 100K", "$GOLDEN/pixels.tsz"),
  ])
  func isRefusedInOneLine(status: Int, words: String, train: String, input: String) throws {
    let result = try Self.run(
      """
      echo '{"id":"a"}' > text
      $TRAIN -o run \(input) 2> said; status=$?
      grep -v -e ': memory: ' -e ': time: ' -e ': warning: ' said >&2; rm said
      ls; exit $status
      """, train: "llava-train \(train) \(train.contains("-m ") ? "" : "-m model")")
    #expect(result.status == Int32(status), "\(result.errors)")
    #expect(result.errors.contains(words), "\(result.errors)")
    #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    #expect(result.text == "model\ntext\n", "\(result.text)")
  }
}
