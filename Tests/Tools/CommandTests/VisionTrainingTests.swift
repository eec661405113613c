// llava-train --train-vision: what it reads, what it leaves, and the same bytes however it came there.
// SPDX-License-Identifier: Apache-2.0
import Streams
import Tensors
import TestSupport
import Testing

@Suite struct VisionTrainingTests {
  private static let train = """
    llava-train finetune -m model --precision f32 --train-vision --vision-lr 5e-4 --lr 1e-3 \
    --micro-batch 2 --accumulate 2
    """

  /// The golden model with a tokenizer, which a whole model needs.
  private static func run(
    _ script: String, train: String = train, in directory: TemporaryDirectory? = nil
  ) throws -> ShellResult {
    try TrainingBench.run(
      """
      cp -r $GOLDEN/seeing model; cp $TINY/tokenizer* model; PIXELS=$GOLDEN/pixels.tsz

      """ + script, train: train, in: directory ?? TemporaryDirectory())
  }

  private static func images(_ count: Int, _ type: ElementType = .u8) throws -> Tensor {
    try Tensor(type, shape: [count, 8, 8, 3])
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
  @Test(
    arguments: ["--epochs 2 --shuffle $PIXELS", "--total-steps 2 < $PIXELS"],
    ["", " --optimizer muon --share-images"])
  func aResumedRunEndsInTheSameBytes(input: String, options: String) throws {
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
      """, train: Self.train + options)
    #expect(result.status == 0, "\(result.text)\(result.errors)")
  }

  /// Pixels that are held out are seen by the tower as it is then, and change no byte of the run.
  @Test func evaluationOnPixelsChangesNoByte() throws {
    let result = try Self.run(
      """
      all="--epochs 3 --shuffle --save-every 2 --keep 9 --optimizer muon"
      undisturbed plain $all $PIXELS
      for options in "-j 1 --recompute all" "-j 2 --share-images --eval-every 1"; do
        test "$options" = "${options/share/}" || undisturbed shared $all --share-images $PIXELS
        base=$(test -d shared && echo shared || echo plain)
        undisturbed run $all --eval-every 1 $options --eval $PIXELS $PIXELS
        grep -v eval_ run.log | cmp - $base.log || fail "$options: another log"
        diff -r -x manifest.json $base run || fail "$options: another result"
        grep eval_ run.log > lines-$base; rm -r run
      done
      # The first step has the rate 0; then each evaluation is of another tower.
      sed 's/.*"eval_loss":\\([^,]*\\),.*/\\1/' lines-plain | sort -u | wc -l
      wc -l < lines-plain
      grep -c '"eval_records":6,' lines-plain
      sed 's/.*"eval_accuracy":\\([^,}]*\\).*/\\1/' lines-plain | sort -n | tail -1
      $TRAIN --dry-run $all --eval $PIXELS $PIXELS
      """)
    #expect(result.status == 0, "\(result.text)\(result.errors)")
    let lines = result.text.split(separator: "\n")
    try #require(lines.count == 6, "\(result.text)")
    let (losses, evaluations) = (Int(lines[0]) ?? 0, Int(lines[1]) ?? 0)
    #expect(evaluations == 6 && losses == evaluations && lines[2] == "6", "\(result.text)")
    #expect((Double(lines[3]).map { (0...1).contains($0) }) == true, "\(result.text)")
    #expect(lines[4].contains(" (to evaluate "), "\(result.text)")
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
      cp $PHOTOS/scene1.jpg photo.jpg
      sed -n 's/^llava-train: next: //p' errors > next
      bash next 2> errors | grep '"text"' > /dev/null || fail next
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
    (
      6, "expected pixels of U8 [any, 8, 8, 3], found F32 [any, 8, 8, 3]",
      "finetune --train-vision", "nan"
    ),
    (6, "expected images of 8 x 8 pixels, found any x any", "finetune --train-vision", "loose"),
    (
      6, "expected pixels, found a stream of 'clip-features'",
      "finetune --train-vision --eval $RECORDS", "$GOLDEN/pixels.tsz"
    ),
    (
      6, "found a stream of 'pixels' (leave --emit pixels out",
      "finetune --eval $GOLDEN/pixels.tsz",
      "$RECORDS"
    ),
    (2, "Unknown option '--train-vision'", "pretrain --train-vision", "$GOLDEN/pixels.tsz"),
    (2, "found nan", "finetune --train-vision --vision-lr nan", "$GOLDEN/pixels.tsz"),
    (
      3, "the model has no vision tower", "finetune --train-vision -m $GOLDEN/../models/llama-tied",
      "$GOLDEN/pixels.tsz"
    ),
    (3, "no image to train on", "finetune --train-vision --freeze-language", "blind"),
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
    let directory = try TemporaryDirectory()
    let numbers = try Tensor([Float](repeating: .nan, count: 192), shape: [1, 8, 8, 3])
    try directory.write(
      try TrainingBench.pixelStream([numbers], as: .init("pixels", .f32, [nil, 8, 8, 3])), to: "nan"
    )
    try directory.write(
      try TrainingBench.pixelStream(
        [Self.images(1)], as: .init("pixels", .u8, [nil, nil, nil, 3])),
      to: "loose")
    try directory.write(
      try TrainingBench.pixelStream([Self.images(0), Self.images(0)]), to: "blind")
    let result = try Self.run(
      """
      echo '{"id":"a"}' > text
      $TRAIN -o run \(input) 2> said; status=$?
      grep -v -e ': memory: ' -e ': time: ' -e ': warning: ' said >&2; rm said
      ls; exit $status
      """, train: "llava-train \(train) \(train.contains("-m ") ? "" : "-m model")", in: directory)
    #expect(result.status == Int32(status), "\(result.errors)")
    #expect(result.errors.contains(words), "\(result.errors)")
    #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    #expect(result.text == "blind\nloose\nmodel\nnan\ntext\n", "\(result.text)")
  }

  /// Records without images teach the rest of the model; one whose pixels are too many is left out.
  @Test func recordsWithoutImagesAreLearnedToo() throws {
    let directory = try TemporaryDirectory()
    let records = try [0, 1, 2, 1].map { try Self.images($0) }
    try directory.write(try TrainingBench.pixelStream(records), to: "mixed")
    let result = try Self.run(
      """
      echo '{"id":"t","prompt":{"template":"plain","segments":[],"stop":[],"tokens":[1,2,3],' \\
        '"image_positions":[],"image_order":[],"loss_spans":[[1,3]]}}' > text
      for files in "mixed text" "text mixed"; do
        $TRAIN -o run $files 2> errors; echo $?
        grep -h -e done -e 'record 3' errors
        rm -r run
      done
      """, train: Self.train.replacing("--accumulate 2", with: ""), in: directory)
    let skipped =
      "llava-train: mixed: record 3 id=p2: the prompt names 1 image, the record carries 2: skipped"
    let count = "llava-train: 4 done, 2 without an image, 1 skipped"
    #expect(result.text.ranges(of: skipped).count == 2, "\(result.text)\(result.errors)")
    #expect(result.text.ranges(of: count).count == 2, "\(result.text)")
    #expect(result.text.ranges(of: "1\nllava-train").count == 2, "\(result.text)")
  }
}
