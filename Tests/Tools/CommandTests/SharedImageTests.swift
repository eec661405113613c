// llava-train --share-images: several questions about one picture at less work, and nothing else.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import TestSupport
import Testing

@Suite struct SharedImageTests {
  /// Three questions about each of two pictures, not beside each other.
  private func bench() throws -> TemporaryDirectory {
    let directory = try Workbench.bare()
    let lines = (0..<6).map { index in
      let picture = ["grey.jpg", "rgb-8.png"][index % 2]
      return
        #"{"id":"\#(index)","image":"\#(picture)","conversations":[{"from":"human","value":"<image>\nQuestion \#(index / 2)?"},{"from":"gpt","value":"answer \#(index)"}]}"#
    }
    try directory.write(lines.joined(separator: "\n"), to: "chat.jsonl")
    let made = try Workbench.run(
      "convo-format -q --train chat.jsonl | clip-encode -q -o features.tsz", in: directory)
    try #require(made.status == 0, "\(made.errors)")
    return directory
  }

  private func train(_ options: String, _ name: String, in directory: TemporaryDirectory) throws
    -> [JSONObject]
  {
    let run = try Workbench.run(
      "llava-train finetune -q --lora 4 --precision f32 \(options) --log \(name).jsonl -o \(name)"
        + " features.tsz", in: directory)
    try #require(run.status == 0, "\(run.errors)")
    return try String(decoding: directory.read("\(name).jsonl"), as: UTF8.self)
      .split(separator: "\n").map { try #require(JSONValue(parsing: Array($0.utf8)).object) }
  }

  @Test func lossesAreThoseOfSeparateRecords() throws {
    let directory = try bench()
    try directory.write("0\n2\n4\n1\n3\n5\n", to: "order")
    let options = "--micro-batch 6 --order order --steps 1"
    let apart = try train(options, "apart", in: directory)[0]
    let shared = try train("\(options) --share-images", "shared", in: directory)[0]
    #expect(shared["loss"] == apart["loss"])
    let tokens = try [apart, shared].map { try #require($0["tokens"]?.int) }
    #expect(tokens[1] < tokens[0] * 2 / 3)
    #expect(shared["loss_tokens"] == apart["loss_tokens"])
  }

  @Test func shufflingKeepsPicturesTogether() throws {
    let directory = try bench()
    let steps = try train(
      "--share-images --shuffle --micro-batch 3 --epochs 2 --write-order order", "run",
      in: directory)
    #expect(steps.count == 4)
    let order = try String(decoding: directory.read("order"), as: UTF8.self)
      .split(separator: "\n").compactMap { Int($0) }
    #expect([[0, 2, 4, 1, 3, 5], [1, 3, 5, 0, 2, 4]].contains(order))
  }

  @Test func resumingKeepsIt() throws {
    let directory = try bench()
    _ = try train("--share-images --steps 2 --save-every 1", "run", in: directory)
    let other = try Workbench.run(
      "llava-train finetune -q --lora 4 --precision f32 --steps 3 --resume -o run features.tsz",
      in: directory)
    #expect(other.status == 6)
    #expect(other.errors.contains("share_images"), "\(other.errors)")
  }
}
