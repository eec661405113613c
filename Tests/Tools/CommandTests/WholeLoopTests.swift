// From captions to scores: teacher, records, training, answers and judge, by the example's makefile.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import TestSupport
import Testing

@Suite(
  .enabled(
    if: FileManager.default.isExecutableFile(atPath: "\(Shell.testDirectory)/scene-teacher"),
    "scene-teacher is not built"))
struct WholeLoopTests {
  private func make(_ target: String, _ out: TemporaryDirectory) throws -> ShellResult {
    try Shell.bash(
      "make -s -C examples/whole-loop \(target) OUT=\(out.path) RULES=\(Shell.testDirectory)/scene-teacher",
      in: packageRoot, timeout: 600)
  }

  private func objects(_ name: String, _ out: TemporaryDirectory) throws -> [JSONObject] {
    try out.read(name).split(separator: 0x0A).map {
      try #require(JSONValue(parsing: Array($0)).object)
    }
  }

  @Test func whatTheTeacherKnowsIsLearned() throws {
    let out = try TemporaryDirectory()
    let made = try make("score", out)
    try #require(made.status == 0, "\(made.errors)")
    // 24 pictures of three kinds, and 8 to be asked about.
    #expect(try objects("seen-records.jsonl", out).count == 72)
    let questions = try objects("unseen-records.jsonl", out)
    #expect(Set(questions.compactMap { $0["id"]?.string }).count == 24)
    let kinds = Set(questions.compactMap { $0["type"]?.string })
    #expect(kinds == ["conversation", "detail", "complex"])
    let scored = try Shell.bash(
      "for name in before after; do llava-eval judge score --json reviews-$name.jsonl; done",
      in: out.path)
    try #require(scored.status == 0, "\(scored.errors)")
    let relative = try scored.objects().map {
      try #require($0["all"]?.object?["relative"]?.double)
    }
    #expect(relative[1] > relative[0] + 10, "\(relative): training must have helped")

    // Nothing is asked or made a second time.
    let before = try out.read("seen-detail.jsonl.journal")
    let again = try make("score", out)
    #expect(again.status == 0 && again.output == made.output)
    try FileManager.default.removeItem(atPath: out.file("seen-detail.jsonl"))
    let resumed = try make("\(out.path)/seen-detail.jsonl", out)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try out.read("seen-detail.jsonl.journal") == before)
  }
}
