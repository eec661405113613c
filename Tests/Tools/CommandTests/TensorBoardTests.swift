// llava-train --tensorboard: the numbers of the log, runs that go on, and places that cannot be written.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import TestSupport
import Testing

@Suite struct TensorBoardCommandTests {
  /// The payloads of the records, their lengths read; checksums are tested with the module.
  private func messages(_ bytes: [UInt8]) throws -> [[UInt8]] {
    var (messages, place): ([[UInt8]], Int) = ([], 0)
    while place < bytes.count {
      try #require(place + 16 <= bytes.count)
      let length = (0..<8).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
      try #require(place + 16 + length <= bytes.count)
      messages.append(Array(bytes[place + 12..<place + 12 + length]))
      place += 16 + length
    }
    return messages
  }

  /// The float behind `tag` in a message; nil where it is not there.
  private func scalar(_ tag: String, _ message: [UInt8]) -> Float? {
    let key = [UInt8(0x0A), UInt8(tag.utf8.count)] + Array(tag.utf8) + [0x15]
    guard
      let start = message.indices.first(where: { message[$0...].starts(with: key) }),
      start + key.count + 4 <= message.count
    else { return nil }
    let bits = (0..<4).reduce(UInt32(0)) {
      $0 | UInt32(message[start + key.count + $1]) << (8 * UInt32($1))
    }
    return Float(bitPattern: bits)
  }

  @Test func eventsAreTheLog() throws {
    let directory = try TemporaryDirectory()
    let result = try TrainingBench.run(
      """
      all="--epochs 2 --eval $RECORDS --eval-every 3 --save-every 4 --keep 9"
      $TRAIN -o run --log log --tensorboard events/run $all $RECORDS 2> errors || fail "$?"
      mv events/run/events* first
      rm -r run/checkpoint-8 run/*.safetensors run/*.json 2> /dev/null
      $TRAIN -o run --log log2 --tensorboard events/run --resume $all $RECORDS 2> errors || fail "$?"
      mv events/run/events* second
      rmdir events/run || fail more
      """, in: directory)
    #expect(result.status == 0, "\(result.text)\(result.errors)")
    let events = try messages(directory.read("first"))
    let lines = try directory.read("log").split(separator: 0x0A).map {
      try #require(try JSONValue(parsing: Array($0)).object)
    }
    #expect(lines.count > 12 && events.count == lines.count + 2)
    #expect(events[0].suffix(13) == Array("brain.Event:2".utf8)[...])
    #expect(events[1].suffix(6) == [0x10, 1, 0x3A, 2, 8, 1])
    for (line, event) in zip(lines, events.dropFirst(2)) {
      let pairs = [
        ("loss", "train/loss"), ("grad_norm", "train/grad_norm"), ("lr", "train/learning_rate"),
        ("tokens", "train/tokens"), ("loss_tokens", "train/loss_tokens"),
        ("eval_loss", "eval/loss"), ("eval_accuracy", "eval/accuracy"),
      ]
      for (member, tag) in pairs {
        #expect(scalar(tag, event) == line[member]?.double.map { Float($0) }, "\(tag)")
      }
    }
    // It goes on from step 4, and drops what the first file says of step 5 and later ones.
    let second = try messages(directory.read("second"))
    #expect(second[1].suffix(6) == [0x10, 5, 0x3A, 2, 8, 1])
    #expect(second.count < events.count && second.count > 4)
  }

  @Test(arguments: [
    ("touch file", "file", "Not a directory"), ("touch file", "file/run", "file"),
    ("true", "/proc/none", "/proc/none"), ("true", "''", "must name a directory"),
    ("true", "-", "must name a directory"),
  ])
  func placesThatCannotBeWritten(prepare: String, place: String, message: String) throws {
    let result = try TrainingBench.run(
      """
      \(prepare) > /dev/null
      $TRAIN -o run --tensorboard \(place) --steps 2 $RECORDS; status=$?
      test -e run && echo left; exit $status
      """, in: try TemporaryDirectory())
    #expect(result.status == (message.contains("must") ? 2 : 4), "\(result.errors)")
    #expect(result.errors.contains(message) && result.text == "", "\(result.errors)\(result.text)")
  }
}
