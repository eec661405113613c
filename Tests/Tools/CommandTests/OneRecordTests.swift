// One definition of a record: every tool reads ids, images and skips alike, and says what it found.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import InputOutput
import JSON
import TestSupport
import Testing

@Suite struct OneRecordTests {
  private func ids(_ script: String, in directory: TemporaryDirectory) throws -> [String?] {
    let result = try Workbench.run(script, in: directory)
    return try result.objects().map { $0["id"]?.string }
  }

  @Test func everyToolNamesARecordAlike() throws {
    let directory = try Workbench.bare()
    let lines = [
      #"{"question_id":7,"image":["grey.jpg"],"text":"Q"}"#,
      #"{"image":["grey.jpg","rgb-8.png"],"text":"Q"}"#, #"{"images":"rgb-8.png","text":"Q"}"#,
      #"{"id":"a","image":"grey.jpg","text":"Q","skipped":false}"#,
      #"{"id":"b","skipped":{"code":"user/choice"}}"#, #"{"id":"c","image":7,"text":"Q"}"#,
    ]
    try directory.write(lines.joined(separator: "\n"), to: "lines")
    let expected = ["7", "grey.jpg", "rgb-8.png", "a", "b", "c"]
    #expect(try ids("convo-format -q --plain lines", in: directory) == expected)
    #expect(
      try ids("clip-encode -q lines | tensor-view --json | tail -n +2", in: directory) == expected)
    let answers = try Workbench.run(
      "convo-format -q lines | clip-encode -q | llava-project -q | vicuna-decode -q --max-tokens 1",
      in: directory)
    let objects = try answers.objects()
    #expect(objects.map { $0["id"]?.string } == expected)
    let codes = objects.map { $0["skipped"]?.object?["code"]?.string }
    #expect(codes == [nil, nil, nil, nil, "user/choice", "record/image"])
    #expect(objects[3]["finish_reason"] != nil)
  }

  @Test func failuresStandAtTheirRecord() throws {
    let directory = try Workbench.bare()
    try directory.write(
      "{\"id\":\"x\",\"image\":\"cut.jpg\",\"text\":\"Q\"}\n{\"image\":\"none.jpg\",\"text\":\"Q\"}\n",
      to: "lines")
    let encoded = try Workbench.run("clip-encode -q lines > /dev/null", in: directory).errors
    let lines = encoded.split(separator: "\n")
    #expect(lines.first?.hasPrefix("clip-encode: lines: line 1 id=x: cut.jpg: the JPEG") == true)
    #expect(lines.last?.hasPrefix("clip-encode: lines: line 2: none.jpg: no such file") == true)
    let decoded = try Workbench.run("vicuna-decode -q lines > /dev/null", in: directory).errors
    #expect(decoded.hasPrefix("vicuna-decode: lines: line 1 id=x: the record has no `prompt`"))
    let strict = try Workbench.run(
      "clip-encode -q lines | llava-project --strict > /dev/null", in: directory
    ).errors
    #expect(strict.contains("llava-project: stdin: record 1 id=x: skipped by an earlier tool"))
  }

  @Test func anUnnoticedImageIsSaid() throws {
    let directory = try Workbench.bare()
    let lines = [
      #"{"image_path":"grey.jpg","question":"What shape is red?"}"#,
      #"{"image_path":"rgb-8.png","question":"What shape is red?"}"#,
      #"{"image":"grey.jpg","question":"Q"}"#,
    ]
    try directory.write(lines.joined(separator: "\n"), to: "lines")
    let blind = try Workbench.run("convo-format --plain lines", in: directory)
    #expect(blind.status == 0)
    #expect(
      blind.errors == """
        convo-format: warning: lines: line 1: the record has no `image`, but `image_path` looks like \
        a path to one, which nothing reads (use --image-key image_path)
        convo-format: 3 done, 2 without an image, 0 skipped

        """)
    let encoded = try Workbench.run("clip-encode lines > features", in: directory)
    #expect(encoded.errors.contains("(use --image-key image_path)"))
    for tool in ["llava-project features", "llava-project -q features | vicuna-decode"] {
      let found = try Workbench.run(
        "convo-format -q lines | clip-encode -q > features; \(tool) > /dev/null", in: directory)
      #expect(found.errors.contains(" 3 done, 2 without an image, 0 skipped"), "\(found.errors)")
    }
    let seeing = try Workbench.run(
      "convo-format --plain --image-key image_path lines", in: directory)
    #expect(seeing.errors.isEmpty)
    let objects = try seeing.objects()
    #expect(objects.map { $0["image"]?.string } == ["grey.jpg", "rgb-8.png", "grey.jpg"])
    let features = try Workbench.run(
      "clip-encode --image-key image_path lines | tensor-view --json | grep -c '\"shape\":\\[4,32\\]'",
      in: directory)
    #expect(features.text == "3\n", "\(features.errors)")
  }

  @Test func textsAloneAreNoMatter() throws {
    let directory = try Workbench.bare()
    let found = try Workbench.run("printf '{\"text\":\"a\"}' | convo-format", in: directory)
    #expect(found.errors.isEmpty && found.status == 0)
  }
}
