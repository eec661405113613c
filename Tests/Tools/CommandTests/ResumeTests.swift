// Taking up a run: what is known again, what is mended, and what is never touched.
// SPDX-License-Identifier: Apache-2.0
import JSON
import TestSupport
import Testing

@Suite struct ResumeTests {
  private static let input = Array("a\nb\n".utf8)

  private func resume(_ path: String, _ options: String = "") throws -> ShellResult {
    try Shell.bash(
      "convo-format --plain --ask x --skip-done '\(path)' \(options)", input: Self.input)
  }

  @Test func aTornOutputIsMendedWhereThatIsAskedFor() throws {
    let directory = try TemporaryDirectory()
    let done = #"{"id":"a","text":"","finish_reason":"stop"}"#
    try directory.write("\(done)\n{\"id\":\"b", to: "torn.jsonl")
    let packed = directory.file("whole.zst")
    _ = try Shell.bash("convo-format --ask x -o \(packed)", input: Self.input)
    let whole = try directory.read("whole.zst")
    for cut in [1, 60, 200] {
      try directory.write(Array(whole.prefix(whole.count - cut)), to: "cut\(cut)")
    }
    for name in ["torn.jsonl", "cut1", "cut60", "cut200"] {
      let path = directory.file(name)
      let before = try directory.read(name)
      let refused = try resume(path)
      #expect(refused.status == 3 && refused.errors.contains("(--repair cuts it off)"), "\(name)")
      #expect(try directory.read(name) == before, "\(name)")
      let mended = try resume(path, "--repair")
      #expect(mended.status == 0 && mended.errors.contains("not finished cut off"), "\(name)")
      let after = try directory.read(name)
      #expect(after.count < before.count && before.starts(with: after), "\(name)")
      #expect(try resume(path).status == 0, "\(name)")
    }
  }

  @Test func aWholeRecordWithoutALineEndGetsOne() throws {
    let directory = try TemporaryDirectory()
    let done = ["a", "b"].map { #"{"id":"\#($0)","text":"","finish_reason":"stop"}"# }
    let path = try directory.write(done.joined(separator: "\n"), to: "done.jsonl")
    #expect(try resume(path).errors.contains("the last line lacks its end"))
    let mended = try resume(path, "--repair")
    #expect(mended.status == 0 && mended.output.isEmpty, "\(mended.errors)")
    #expect(
      try directory.read("done.jsonl") == Array((done.joined(separator: "\n") + "\n").utf8))
  }

  /// Nothing is cut off a file that no run of ours wrote, and no message says so.
  @Test func whatIsNoOutputStaysAsItIs() throws {
    let directory = try Workbench.make()
    try directory.write("id,text\na,1\nb,2", to: "table.csv")
    try directory.write("a,1", to: "line.csv")
    try directory.write("{\"id\":\"a\",\"te", to: "first.jsonl")
    try directory.write("{\"a\":1}\n{\"b\":", to: "others.jsonl")
    let stream = try directory.read("good.features")
    try directory.write(Array(stream.dropLast(9)), to: "cut.tsz")
    try directory.write(Array("{\"id\":\"a\",\"foo\":1}\n{\"id\":\"b".utf8), to: "mine.jsonl")
    for (name, found) in [
      ("table.csv", "expected a record of an earlier run"), ("line.csv", "no"),
      ("first.jsonl", "expected records of an earlier run"), ("others.jsonl", "none has written"),
      ("mine.jsonl", "none has written"),
      ("rgb-8.png", "found a PNG image"), ("cut.tsz", "found a tensor stream"),
    ] {
      let before = try directory.read(name)
      for options in ["", "--repair"] {
        let result = try resume(directory.file(name), options)
        #expect(result.status == 3 && result.output.isEmpty, "\(name)")
        #expect(result.errors.contains(found), "\(name): \(result.errors)")
        for advice in ["truncate", "--repair"] { #expect(!result.errors.contains(advice)) }
      }
      #expect(try directory.read(name) == before, "\(name)")
    }
  }

  /// Records that streams shorten, escape or refuse are done once all the same.
  @Test func whatIsWrittenIsWhatIsCompared() throws {
    let directory = try Workbench.bare()
    let long = String(repeating: "i", count: 2000)
    let padding = String(repeating: "p", count: 300 << 10)
    let lines = [
      #"{"id":"\#(long)","image":"grey.jpg","text":"q"}"#,
      #"{"id":"a\u0007b\u009bc","image":"grey.jpg","text":"q"}"#,
      #"{"id":"\#(long)x","image":"none.jpg","text":"q"}"#,
      #"{"id":"\u0001","image":"none.jpg","text":"q"}"#,
      #"{"id":"large","image":"grey.jpg","text":"q","note":"\#(padding)"}"#,
      #"{"image":"grey.jpg","text":"q"}"#, #"{"question_id":7,"text":"q"}"#,
    ]
    try directory.write(lines.joined(separator: "\n") + "\n", to: "records")
    let result = try Workbench.run(
      """
      set +o pipefail
      run() { convo-format $* records | clip-encode | llava-project | vicuna-decode --max-tokens 1; }
      run > done 2> errors; wc -l < done
      run --skip-done done 2> errors | wc -l
      """, in: directory)
    #expect(result.text == "\(lines.count)\n0\n", "\(result.errors)")
  }

  @Test func aRecordThatGrowsBeyondALineIsSkippedUnderItsId() throws {
    let text = String(repeating: "\u{8}", count: 1 << 20)
    let line = JSONValue.object(["id": .string("grown"), "text": .string(text)])
    let result = try Shell.bash(
      "convo-format --plain --max-line 3M | tee >(wc -c >&2) | convo-format --plain --max-line 3M",
      input: Array(line.serialized().map { $0 } + [0x0A]))
    #expect(result.status == 1)
    let object = try #require(JSONValue(parsing: result.output).object)
    #expect(object["id"]?.string == "grown")
    #expect(object["skipped"]?.object?["code"]?.string == "record/too-large")
  }
}
