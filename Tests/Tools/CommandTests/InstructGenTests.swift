// instruct-gen as a process: COCO to requests, replies to records, and counts that add up.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import InputOutput
import JSON
import TestSupport
import Testing

@Suite struct InstructGenTests {
  private static let captions =
    #"{"annotations":[{"image_id":9,"id":1,"caption":"A man \n"},{"id":3,"image_id":25,"#
    + #""caption":"Grass."},{"image_id":9,"id":2,"caption":"A hat"}],"#
    + #""images":[{"id":9,"file_name":"000000000009.jpg","width":500,"height":480},"#
    + #"{"id":25,"file_name":"000000000025.jpg","height":426,"width":640}]}"#
  private static let instances =
    #"{"categories":[{"id":11,"name":"fire hydrant"},{"id":1,"name":"person"}],"#
    + #""annotations":[{"segmentation":[[1,2]],"image_id":9,"bbox":[163.0,293.76,50.0,51.84],"#
    + #""category_id":11,"id":5},{"image_id":9,"bbox":[400,400,200,100],"category_id":1}],"#
    + #""images":[{"id":9,"file_name":"000000000009.jpg","width":500,"height":480}]}"#
  private static let pair = #"Question:\nQ\n===\nAnswer:\nA"#

  private func directory() throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory()
    try directory.write(Self.captions, to: "c.json")
    try directory.write(Self.instances, to: "i.json")
    try directory.write("See.", to: "system_message.txt")
    try directory.write("c", to: "000_caps.txt")
    try directory.write("a\n", to: "000_conv.txt")
    return directory
  }

  private func run(
    _ arguments: String, _ input: String = "", in directory: TemporaryDirectory, status: Int32 = 0
  ) throws -> ShellResult {
    let found = try Shell.bash(
      "instruct-gen \(arguments)", input: Array(input.utf8), in: directory)
    #expect(found.status == status, "\(arguments): \(found.errors)")
    return found
  }

  @Test func requestsAreWhatTheReferenceWouldSend() throws {
    let directory = try directory()
    let coco = "--captions c.json --boxes i.json --prompts ."
    let found = try run("prompt --kind complex \(coco)", in: directory)
    let opening =
      #"{"role":"system","content":"See."},{"role":"user","content":"c"},"#
      + #"{"role":"assistant","content":"a\n"},"#
    let boxes = #"fire hydrant: [0.326, 0.612, 0.426, 0.72]\nperson: [0.8, 0.833, 1.0, 1.0]"#
    let carried =
      #"{"id":"000000000009","image":"000000000009.jpg","width":500,"height":480,"#
      + #""captions":["A man","A hat"],"instances":[{"category":"fire hydrant","#
      + #""bbox":[0.326,0.612,0.426,0.72]},{"category":"person","bbox":[0.8,0.833,1.0,1.0]}]"#
    let lines = found.text.split(separator: "\n").map(String.init)
    #expect(lines.count == 2)
    #expect(
      lines[0] == carried + #","messages":["# + opening
        + #"{"role":"user","content":"A man\nA hat\n\n"# + boxes + #""}]}"#)
    #expect(lines[1].contains(#"{"role":"user","content":"Grass."}"#))
    #expect(found.errors.contains("1 box cut off") && found.errors.contains("1 request without"))
    // What a request carries makes the same request again.
    let again = try run(
      "prompt --kind complex --prompts .", found.text, in: directory)
    #expect(again.text == found.text)
    let kept = try run("prompt --kind detail --compat \(coco)", in: directory)
    #expect(kept.text.contains("person: [0.8, 0.833, 1.2, 1.042]"))
    let talk = try run("prompt --kind conversation \(coco)", in: directory)
    #expect(talk.text.contains(#""content":"A man\nA hat"}]}"#))
  }

  @Test func ourPromptsAreFound() throws {
    let directory = try directory()
    for (kind, messages) in [("conversation", 6), ("detail", 8), ("complex", 8)] {
      let found = try run(
        "prompt --kind \(kind) --captions c.json --boxes i.json", in: directory)
      #expect(try found.objects()[0]["messages"]?.array?.count == messages)
    }
    let brief = try run("prompt --kind brief --ask-teacher --captions c.json", in: directory)
    #expect(try brief.objects()[1]["caption"] == .string("Grass."))
    let records = try run("prompt --kind brief --pick each --captions c.json", in: directory)
    #expect(
      try records.objects().map { $0["id"]?.string } == [
        "000000000009-1", "000000000009-2", "000000000025",
      ])
    let share = try Shell.bash(
      "instruct-gen prompt --kind detail", in: directory, environment: ["LLAVA_SHARE": "none"])
    #expect(share.status == 4 && share.errors.contains("LLAVA_SHARE"))
  }

  @Test func theSameInputGivesTheSameBytes() throws {
    let directory = try directory()
    let command = "prompt --kind brief --captions c.json --seed"
    #expect(
      try run("\(command) 3", in: directory).output == run("\(command) 3", in: directory).output)
    let seeds = try Set((0..<8).map { try run("\(command) \($0)", in: directory).text })
    #expect(seeds.count > 1)
    let packed = try Shell.bash(
      "zstd -q c.json -o c.zst; instruct-gen \(command) 3 -z -o r.zst; zstd -dcq r.zst;"
        + " instruct-gen prompt --kind brief --captions c.zst --seed 3", in: directory)
    let plain = try run("\(command) 3", in: directory).text
    #expect(packed.text == plain + plain)
  }

  @Test(arguments: [
    ("{\"id\":\"a\",\"image\":\"a.jpg\"}", "context/captions"),
    ("{\"id\":\"a\",\"captions\":[\"x\"]}", "record/image"),
    ("{\"id\":\"a\",\"image\":[\"a\",\"b\"],\"captions\":[\"x\"]}", "record/image"),
    ("{\"id\":\"a\",\"image\":\"a.jpg\",\"captions\":[\"\"]}", "context/captions"),
    ("{\"id\":\"a\",\"image\":\"a.jpg\",\"captions\":7}", "context/captions"),
    ("{\"id\":\"a\",\"image\":\"a\",\"captions\":[\"x\"],\"instances\":[{}]}", "context/instances"),
    (
      #"{"id":"a","image":"a","captions":["x"],"instances":[{"category":"c","bbox":[1,2,30,40]}]}"#,
      "box/size"
    ),
    ("{\"id\":\"a\",\"image\":\"a.jpg\",\"captions\":[\"x\"]", "json/syntax"), ("[", "json/array"),
    ("7", "json/not-an-object"), (#"{"id":"a","skipped":{"code":"x/y"}}"#, "x/y"),
  ])
  func badRecordsAreSkipped(line: String, code: String) throws {
    let directory = try directory()
    let good = #"{"image":"g.jpg","captions":["x"]}"#
    if line == "[" {
      _ = try run("prompt --kind detail", "[\(good),", in: directory, status: 3)
      return
    }
    let input = [good, line, good].joined(separator: "\n") + "\n"
    let made = try run("prompt --kind detail --prompts .", input, in: directory, status: 1)
      .objects()
    #expect(made.map { $0["skipped"] != nil } == [false, true, false])
    #expect(made[1]["skipped"]?.object?["code"]?.string == code)
    let strict = try run(
      "prompt --kind detail --prompts . --strict", input, in: directory, status: 3)
    #expect(try strict.objects().count == 1)
    // Finished records stand alone.
    let brief = try run("prompt --kind brief", input, in: directory, status: 1)
    #expect(try brief.objects().allSatisfy { $0["skipped"] == nil })
  }

  @Test(
    arguments: [
      ("\"category_id\":11", "\"category_id\":12", 1, "category 12"),
      ("[400,400,200,100]", "[400,400,-200,100]", 1, "no negative size"),
      ("[400,400,200,100]", "[400,400,1e999,100]", 1, "4 numbers"),
      ("[400,400,200,100]", "[900,400,20,10]", 1, "outside the image"),
      ("\"width\":500", "\"width\":501", 1, "disagree"),
      (
        "\"image_id\":9,\"bbox\":[400", "\"image_id\":10,\"bbox\":[400", 1,
        "not in the list of images"
      ),
      ("\"id\":9,", "\"id\":10,", 6, "found none of them"), ("]}", "", 3, "the end"),
      ("[400,400,200,100]", "[400,400,NaN,100]", 3, "NaN"),
    ] as [(String, String, Int32, String)])
  func damagedInstancesAreTold(old: String, new: String, status: Int32, says: String) throws {
    let directory = try directory()
    try directory.write(Self.instances.replacing(old, with: new), to: "i.json")
    let found = try run(
      "prompt --kind complex --captions c.json --boxes i.json --prompts .", in: directory,
      status: status)
    #expect(found.errors.contains(says), "\(found.errors)")
    guard status == 1 else { return #expect(found.output.isEmpty) }
    let made = try found.objects()
    let skipped = made.count { $0["skipped"] != nil }
    #expect(skipped == 1 && found.errors.contains("\(made.count - 1) done, 1 skipped"))
  }

  @Test func repliesAreWrittenRejectedOrSkipped() throws {
    let directory = try directory()
    func reply(_ id: String, _ text: String, _ more: String = "") -> String {
      #"{"id":"\#(id)","image":"\#(id).jpg","text":"\#(text)"\#(more)}"#
    }
    let input = [
      reply("a", Self.pair), reply("a", Self.pair), reply("b", "Sure! " + Self.pair),
      reply("c", Self.pair + " <image>"), reply("d", "According to the caption"),
      reply("e", #"Question:\nQ\n===\nAnswer:\nThe caption says A"#),
      reply("f", Self.pair + #"\n===\nQues"#, #","finish_reason":"length""#), "{nonsense",
      #"{"id":"g","image":"g.jpg"}"#, #"{"id":"h","skipped":{"code":"http/429","message":"m"}}"#,
    ].joined(separator: "\n")
    let command = "parse --kind conversation --drop-leaks default --rejected no.jsonl"
    let found = try run(command, input, in: directory, status: 1)
    #expect(try found.objects().map { $0["id"]?.string } == ["a"])
    #expect(
      found.errors.contains(
        "10 replies: 1 written, 6 rejected (1 reply/duplicate-id, 2 reply/header,"
          + " 1 reply/image-token, 1 reply/leak, 1 reply/truncated), 3 skipped"), "\(found.errors)")
    let aside = try Shell.bash("cat no.jsonl", in: directory).objects()
    #expect(aside.count == 9)
    #expect(aside[0]["rejected"]?.object?["code"]?.string == "reply/duplicate-id")
    #expect(aside[0]["text"] != nil && aside[8]["skipped"] != nil)
    let kept = try run(
      "\(command) --truncated keep --keep-duplicates", input, in: directory, status: 1)
    #expect(try kept.objects().map { $0["id"]?.string } == ["a", "a", "f"])
    #expect(kept.errors.contains("3 written (1 of them cut) (1 with an id that was there before)"))
    let line = try run("parse --kind conversation", input, in: directory, status: 1)
    #expect(line.errors.contains("block 1 lacks Question:"))
    let clean = try run("parse --kind complex", reply("a", Self.pair), in: directory)
    #expect(clean.errors == "")
  }

  @Test(arguments: [
    "prompt", "parse", "prompt --kind no", "prompt --kind brief --prompts .",
    "prompt --kind complex --captions c.json", "prompt --kind complex --boxes i.json",
    "prompt --kind detail --ask-teacher", "prompt --kind detail --instructions x",
    "prompt --kind detail --captions c.json --boxes i.json x.jsonl", "ask --kind detail",
    "parse --kind complex --instructions x", "parse --kind complex --rejected x -o x",
    "prompt --kind complex --captions - --boxes -", "prompt --kind detail --bbox pixels",
  ])
  func wrongUsageIsStatus2(arguments: String) throws {
    let found = try run(arguments, in: try directory(), status: 2)
    #expect(found.errors.hasPrefix("instruct-gen: ") && found.output.isEmpty)
  }

  @Test func requestsBecomeTrainingRecords() throws {
    let directory = try directory()
    let found = try Shell.bash(
      """
      set -e
      instruct-gen prompt --kind conversation --prompts . --captions c.json > requests
      sed 's/,"messages":.*/,"text":"Question:\\\\nQ\\\\n===\\\\nAnswer:\\\\nA"}/' requests |
        instruct-gen parse --kind conversation | tee records |
        convo-format --train --plain --image-position keep | grep -c '"prompt"'
      """, in: directory)
    #expect(found.status == 0 && found.text == "2\n", "\(found.errors)")
    let records = try Shell.bash("cat records", in: directory).objects()
    #expect(records[0].keys == ["id", "image", "conversations", "type"])
  }
}
