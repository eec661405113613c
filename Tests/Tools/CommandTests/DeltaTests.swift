// vicuna-decode --deltas and --unordered: parts of answers as they come, answers as they are done.
// SPDX-License-Identifier: Apache-2.0
import JSON
import TestSupport
import Testing

@Suite struct DeltaTests {
  private static let questions = (1...6).map {
    #"{"id":"q\#($0)","text":"Question \#($0)?","max_tokens":\#($0 * 17 % 40 + 1)}"#
  }

  /// Prompts of records that say themselves how they are answered.
  private func prompts(_ lines: [String]) throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory()
    try directory.write(lines.joined(separator: "\n") + "\n", to: "lines")
    _ = try Workbench.run("convo-format -q --plain lines > prompts", in: directory)
    return directory
  }

  /// The parts of each record joined, and the other lines as they are.
  private func split(_ result: ShellResult) throws -> (joined: [String: String], rest: [String]) {
    var (joined, rest): ([String: String], [String]) = ([:], [])
    for line in result.text.split(separator: "\n").map(String.init) {
      let object = try #require(JSONValue(parsing: Array(line.utf8)).object)
      guard let delta = object["delta"]?.string else {
        rest.append(line)
        continue
      }
      let id = try #require(object["id"]?.string)
      #expect(object.keys == ["id", "delta"] && !delta.isEmpty)
      #expect(!rest.contains { $0.contains(#"{"id":"\#(id)""#) }, "no part comes behind its record")
      joined[id, default: ""] += delta
    }
    return (joined, rest)
  }

  /// Whatever is drawn, bytes of no character and white space everywhere included.
  @Test(arguments: ["", "--batch 1", "--batch 3 -j 1", "--unordered --batch 4"])
  func joinedPartsAreTheText(options: String) throws {
    let directory = try prompts(
      Self.questions + [
        #"{"id":"s","text":"?","stop":["e"," ","\n","a"],"max_tokens":40}"#,
        #"{"id":"t","text":"?","stop":"a long text that never comes","max_tokens":40}"#,
      ])
    for draws in ["", "--temperature 3 --seed 5"] {
      let plain = try Workbench.run("vicuna-decode \(draws) prompts", in: directory)
      let found = try split(
        Workbench.run("vicuna-decode --deltas \(draws) \(options) prompts", in: directory))
      #expect(found.rest.sorted() == plain.text.split(separator: "\n").map(String.init).sorted())
      var texts = 0
      for object in try plain.objects() {
        let id = try #require(object["id"]?.string)
        let text = try #require(object["text"]?.string)
        #expect(Array((found.joined[id] ?? "").utf8) == Array(text.utf8), "\(id)")
        if !text.isEmpty { texts += 1 }
      }
      #expect(texts > 4 && found.joined.count == texts)
    }
  }

  /// Answers that are written together come together, and each record behind its own parts.
  @Test func partsInterleave() throws {
    let directory = try prompts([1, 2].map { #"{"id":"\#($0)","text":"?","max_tokens":30}"# })
    let result = try Workbench.run("vicuna-decode --deltas prompts", in: directory)
    let objects = try result.objects()
    let first = try #require(objects.firstIndex { $0["text"] != nil })
    #expect(Set(objects[..<first].compactMap { $0["id"]?.string }) == ["1", "2"])
    #expect(objects[..<first].count > 10)
  }

  /// A part is there for its reader before the next token is begun: the tool is stopped by the reader,
  /// who has got the first and waits for no other.
  @Test func partsAreNotHeldBack() throws {
    let directory = try prompts([#"{"id":"1","text":"?","max_tokens":100}"#])
    let result = try Workbench.run(
      """
      mkfifo out
      vicuna-decode --deltas prompts > out & tool=$!
      read -r line < out
      wait $tool; echo "$?"; echo "$line"
      """, in: directory)
    #expect(result.text.hasPrefix("141\n{\"id\":\"1\",\"delta\":"), "\(result.text)")
  }

  /// The same for a signal: no answer that was begun is finished. Long ids fill the pipe with a part of
  /// each answer, so that the tool waits there, however late the signal comes.
  @Test func aSignalEndsAnswersBetweenTwoTokens() throws {
    let long = String(repeating: "x", count: 9000)
    let directory = try prompts(
      (1...8).map { #"{"id":"\#($0)\#(long)","text":"?","max_tokens":1000}"# })
    let result = try Workbench.run(
      """
      mkfifo out
      vicuna-decode --deltas -j 1 prompts > out & tool=$!
      exec 5< out
      read -r line <&5
      sleep 0.2
      kill -TERM $tool
      grep -c finish_reason <&5
      wait $tool; echo $?
      """, in: directory)
    #expect(result.text == "0\n143\n", "\(result.text)\(result.errors)")
  }

  @Test func hostileMembersSkipTheirRecordWithoutParts() throws {
    let directory = try prompts([
      #"{"id":"a","text":"?","stop":{"x":1}}"#, #"{"id":"b","text":"?","max_tokens":-1}"#,
      #"{"id":"x\"\n\u0007é","text":"?","max_tokens":3,"delta":"mine"}"#,
      #"{"id":7,"text":"?","max_tokens":3}"#, #"{"text":"?","max_tokens":3}"#,
      #"{"id":"c","skipped":{"code":"user/choice"}}"#,
    ])
    for order in ["", "--unordered"] {
      let result = try Workbench.run("vicuna-decode -q --deltas \(order) prompts", in: directory)
      #expect(result.status == 1)
      let found = try result.objects()
      let parts = found.filter { $0["finish_reason"] == nil && $0["skipped"] == nil }
      let ids = Set(parts.compactMap { $0["id"]?.string })
      #expect(ids == ["x\"\n\u{7}é", "7", "line-5"])
      let codes = found.compactMap { $0["skipped"]?.object?["code"]?.string }
      #expect(codes.sorted() == ["chat/parameter", "chat/parameter", "user/choice"])
      for id in ids {
        let last = try #require(found.last { $0["id"]?.string == id })
        let joined = parts.filter { $0["id"]?.string == id }.compactMap { $0["delta"]?.string }
        #expect(last["text"]?.string == joined.joined())
      }
    }
  }

  @Test func chatRepliesHaveParts() throws {
    let directory = try TemporaryDirectory()
    try directory.write(
      #"{"id":"a","messages":[{"role":"user","content":"Q"}],"max_tokens":12}"# + "\n", to: "chat")
    let found = try split(Workbench.run("vicuna-decode --chat --deltas chat", in: directory))
    #expect(
      found.rest
        == (try Workbench.run("vicuna-decode --chat chat", in: directory)).text
        .split(separator: "\n").map(String.init))
    #expect(found.joined["a"]?.isEmpty == false)
  }

  /// Parts are no records: a run whose output holds them is taken up like any other.
  @Test func partsCountAsNothingDone() throws {
    let directory = try prompts(Self.questions)
    let result = try Workbench.run(
      """
      head -3 prompts | vicuna-decode --deltas > out
      echo '{"id":"q4","delta":"half an ans' | tr -d '\\n' >> out
      convo-format -q --plain --skip-done out --repair lines
      """, in: directory)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try result.objects().map { $0["id"]?.string } == ["q4", "q5", "q6"])
  }

  /// A long answer in front holds nobody back, and every line is the ordered run's.
  @Test func shortAnswersOvertakeLongOnes() throws {
    let directory = try prompts([
      #"{"id":"long","text":"?","max_tokens":120}"#, #"{"id":"bad","text":"?","seed":"x"}"#,
      #"{"id":"short","text":"?","max_tokens":1}"#, #"{"id":"middle","text":"?","max_tokens":20}"#,
    ])
    let ordered = try Workbench.run("vicuna-decode -q prompts", in: directory)
    let free = try Workbench.run("vicuna-decode -q --unordered prompts", in: directory)
    #expect(ordered.status == 1 && free.status == 1)
    #expect(
      try ordered.objects().map { $0["id"]?.string } == ["long", "bad", "short", "middle"])
    #expect(try free.objects().map { $0["id"]?.string } == ["bad", "short", "middle", "long"])
    #expect(
      ordered.text.split(separator: "\n").sorted() == free.text.split(separator: "\n").sorted())
  }

  /// More records than ever wait, compressed too.
  @Test func unorderedRunsHoldTheSameLines() throws {
    let lines = (0..<200).map {
      #"{"id":"\#($0)","text":"\#($0)?","max_tokens":\#($0 % 7 == 0 ? 60 : $0 % 5 + 1)}"#
    }
    let directory = try prompts(lines)
    let result = try Workbench.run(
      """
      vicuna-decode prompts | sort > ordered
      vicuna-decode --unordered --batch 5 prompts | sort | cmp - ordered
      vicuna-decode --unordered -z prompts | zstd -dcq | sort | cmp - ordered
      wc -l < ordered
      """, in: directory)
    #expect(result.text == "200\n", "\(result.text)\(result.errors)")
  }
}
