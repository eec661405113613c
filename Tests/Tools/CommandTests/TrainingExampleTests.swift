// The makefiles of the published trainings, on the miniatures beside them.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import InputOutput
import JSON
import Streams
import TestSupport
import Testing

@Suite struct TrainingExampleTests {
  static let examples: [(folder: String, recipe: String, records: Int)] = [
    ("pretrain", "llava-1.5-pretrain", 12), ("finetune", "llava-1.5-lora", 10),
    ("scienceqa", "llava-v0-scienceqa", 8),
  ]

  private func make(_ target: String, _ folder: String, _ out: TemporaryDirectory, _ more: String)
    throws -> ShellResult
  {
    try Shell.bash(
      "make -s -C examples/\(folder) \(target) PATH=\"$PATH\" OUT=\(out.path) \(more)",
      in: packageRoot, timeout: 600)
  }

  @Test(arguments: examples)
  func theMiniatureIsEncodedByItsRecipe(folder: String, recipe: String, records: Int) throws {
    let out = try TemporaryDirectory()
    let made = try make("encode", folder, out, "")
    try #require(made.status == 0, "\(made.errors)")
    let reader = try TensorStreamReader(
      MemorySource(try out.read("features.tsz"), name: "features.tsz"))
    #expect(reader.header.metadata.first { $0.key == "ts.x-recipe" }?.value == recipe)
    var count = 0
    while let record = try reader.next() {
      guard case .data(let data) = record else { continue }
      count += 1
      #expect(data.json?["prompt"]?.object?["recipe"]?.string == recipe)
      #expect(data["image_rows"]?.count == (data.json?["image"] == nil ? 0 : 1))
    }
    #expect(count == records)
  }

  /// What is there is not made again, unless what it was made from is another.
  @Test func featuresAreKept() throws {
    let out = try TemporaryDirectory()
    func number() throws -> Int? {
      let made = try make("encode", "finetune", out, more)
      try #require(made.status == 0, "\(made.errors)")
      let attributes = try FileManager.default.attributesOfItem(atPath: out.file("features.tsz"))
      return (attributes[.systemFileNumber] as? NSNumber)?.intValue
    }
    var more = ""
    let first = try number()
    #expect(try number() == first)
    more = "RECIPE=llava-1.5-finetune"
    #expect(try number() == first, "the same prompts and images")
    more = "DATA=../pretrain/mini/chat.json"
    #expect(try number() != first)
  }

  @Test(
    .enabled(if: toolNames.contains("llava-train"), "llava-train is not there"), arguments: examples
  )
  func theMiniatureTrains(folder: String, recipe: String, records: Int) throws {
    let out = try TemporaryDirectory()
    let more = "OPTIONS='--micro-batch 4 --accumulate 1 --epochs 1 --save-every 1 -q'"
    let trained = try make("train", folder, out, more)
    try #require(trained.status == 0, "\(trained.errors)")
    let log = try out.read("log.jsonl").split(separator: 0x0A)
    #expect(log.count == (records + 3) / 4)
    for line in log {
      let loss = try #require(JSONValue(parsing: Array(line)).object?["loss"]?.double)
      #expect(loss > 0 && loss.isFinite)
    }
  }
}
