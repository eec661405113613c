// What the tests of llava-train work on: the golden model and records, and how a run is judged.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Streams
import Tensors
import TestSupport
import Testing

enum TrainingBench {
  static let golden = "\(packageRoot)/Tests/Golden/training"
  static let tiny = "\(packageRoot)/examples/tiny-llava"

  /// Shell functions: `fail` ends the script; `undisturbed DIR OPTION…` trains to the end, log beside
  /// DIR; `same DIR DIR` compares results, logs and the latest checkpoints.
  static let prelude = """
    set +o pipefail
    fail() { echo "$*"; cat errors; exit 9; }
    undisturbed() {
      $TRAIN -o "$@" --log $1.log 2> errors || fail "$1: undisturbed: status $?"
    }
    same() {
      diff -r $1 $2 > differences || fail "$(cat differences)"
      cmp $1.log $2.log > differences || fail "$(cat differences)"
      test -z "$(ls -A $2 | grep '^\\.')" || fail "left in $2: $(ls -A $2)"
    }

    """

  static let pretrain = "llava-train pretrain -m $MODEL --precision f32"
  /// Everything at once: adapter, projector, dropout, accumulation, clipping.
  static let lora = """
    llava-train finetune -m $MODEL --precision f32 --lora 2 --lora-dropout 0.1 --lora-b-std 0.05 \
    --lr 1e-2 --micro-batch 2 --accumulate 2
    """

  /// Runs `script` after the prelude. `train`: the command with its options, `$TRAIN`.
  static func run(
    _ script: String, train: String = pretrain, in directory: TemporaryDirectory,
    timeout: Double = 300
  ) throws -> ShellResult {
    let environment = [
      "MODEL": "\(golden)/model", "GOLDEN": golden, "RECORDS": "\(golden)/records.tsz",
      "TINY": tiny, "PHOTOS": "\(packageRoot)/examples/images", "LLAVA_MODEL": "",
      "LLAVA_THREADS": "2",
    ]
    return try Shell.bash(
      "TRAIN=\"\(train)\"\n\(prelude)\(script)", in: directory, environment: environment,
      timeout: timeout)
  }

  /// Records of the golden model's width, each a token of its own to learn; `change` may spoil the
  /// features of one.
  static func stream(
    records: Int = 3, width: Int = 12, ids: [Int32] = [1, 5, 9, 7], model: String? = nil,
    change: (_ record: Int, _ values: inout [Float]) -> Void = { _, _ in }
  ) throws -> [UInt8] {
    let sink = MemorySink()
    let writer = try TensorStreamWriter(
      sink,
      header: StreamHeader(
        content: "clip-features",
        schema: StreamSchema([
          StreamSchema.Field("features", .f32, [nil, width]),
          StreamSchema.Field("image_rows", .i32, [nil]),
        ]), producer: "test/1", model: model))
    for record in 0..<records {
      var values = (0..<2 * width).map { Float(($0 * 7 + record * 3) % 11) / 8 }
      change(record, &values)
      try writer.write(
        id: "r\(record)", json: ["id": .string("r\(record)"), "prompt": .object(prompt(ids))],
        tensors: [
          ("features", try Tensor(values, shape: [2, width])),
          ("image_rows", try Tensor([Int32(2)], shape: [1])),
        ])
    }
    try writer.finish()
    return sink.bytes
  }

  /// A stream of content `pixels`, each record with the images that it is given, and one of them in
  /// its prompt where there are any.
  static func pixelStream(
    _ records: [Tensor], as field: StreamSchema.Field = .init("pixels", .u8, [nil, 8, 8, 3])
  ) throws -> [UInt8] {
    let sink = MemorySink()
    let writer = try TensorStreamWriter(
      sink,
      header: StreamHeader(
        content: "pixels", schema: StreamSchema([field]), producer: "test/1"))
    for (number, pixels) in records.enumerated() {
      let prompt = prompt([1, 5, 9, 7], hasImage: pixels.shape[0] > 0)
      try writer.write(
        id: "p\(number)", json: ["id": .string("p\(number)"), "prompt": .object(prompt)],
        tensors: [("pixels", pixels)])
    }
    try writer.finish()
    return sink.bytes
  }

  /// An image after the first token; the last token is learned.
  private static func prompt(_ ids: [Int32], hasImage: Bool = true) -> JSONObject {
    let images: [JSONValue] = hasImage ? [.int(0)] : []
    return [
      "template": .string("plain"), "segments": .array([]), "stop": .array([]),
      "tokens": .array(ids.map { .int(Int($0)) }),
      "image_positions": .array(images.map { _ in .int(1) }), "image_order": .array(images),
      "loss_spans": .array([.array([.int(ids.count - 1), .int(ids.count)])]),
    ]
  }
}
