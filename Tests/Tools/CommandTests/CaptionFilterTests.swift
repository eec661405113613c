// caption-filter as a process: input kinds, what is written, exit statuses.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Streams
import TestSupport
import Testing

@Suite struct CaptionFilterTests {
  /// Nine captions: `dog` in six, `red ball` in three, `cat` in two, one with nothing.
  private static let captions = [
    "a dog", "the dog with a red ball", "dog , red ball", "a Dog", "the red ball and a dog",
    "dog and dog", "a cat", "the cat", "up and away",
  ]

  private static let lines = captions.enumerated()
    .map { #"{"id":"\#($0)","n":1.50,"caption":"\#($1)"}"# + "\n" }

  private func run(_ arguments: String, _ input: String = lines.joined(), status: Int32 = 0) throws
    -> ShellResult
  {
    let found = try Shell.bash("caption-filter \(arguments)", input: Array(input.utf8))
    #expect(found.status == status, "\(found.errors)")
    return found
  }

  private func ids(_ arguments: String) throws -> [String?] {
    try run(arguments).objects().map { $0["id"]?.string }
  }

  @Test func theRuleIsFollowed() throws {
    #expect(try ids("") == ["0", "1", "2", "3", "4", "5"])
    #expect(try ids("--min-count 2") == ["0", "1", "2", "3", "4", "5", "6", "7"])
    #expect(try ids("--min-count 4 --cap 6") == ["0", "1", "2", "3", "4", "5"])
    #expect(try ids("--min-count 6 --phrase-key as-is") == [])
    // All three of `red ball`, which have `dog` as well.
    #expect(try ids("--cap 3 --cap-counts selected") == ["1", "2", "4"])
    #expect(try ids("--cap 4 --cap-counts selected").count == 4)
    #expect(try (3...6).contains(ids("--cap 3 --cap-counts own").count))
    #expect(try run("").output == Array(Self.lines[0..<6].joined().utf8))
  }

  @Test func everyKindOfInputIsTheSame() throws {
    let directory = try TemporaryDirectory()
    try directory.write(Self.lines.joined(), to: "a.jsonl")
    try directory.write("[" + Self.lines.joined(separator: ",") + "]", to: "a.json")
    let table = Self.captions.map { $0 + "\thttp://h/\($0.count)" }
    try directory.write(table.joined(separator: "\r\n"), to: "a.tsv")
    let found = try Shell.bash(
      """
      set -e
      caption-filter a.jsonl > 1; caption-filter a.json | cmp - 1; caption-filter < a.jsonl | cmp - 1
      zstd -q a.jsonl; caption-filter -j 3 a.jsonl.zst | cmp - 1; caption-filter -o 2 a.jsonl; cmp 1 2
      caption-filter -z a.jsonl | zstd -dcq | cmp - 1
      caption-filter a.tsv; caption-filter --from tsv a.tsv | wc -l
      """, in: directory)
    #expect(found.status == 0, "\(found.errors)")
    let lines = found.text.split(separator: "\n")
    #expect(lines.first == #"{"caption":"a dog","url":"http://h/5"}"#)
    #expect(lines.count == 7 && lines.last?.hasSuffix("6") == true)
  }

  @Test func threadsAndRunsGiveTheSameBytes() throws {
    var generator = SeededGenerator(seed: 3)
    let words = (0..<60).map { "thing\($0)" }
    let input = (0..<5000).map { number in
      let share = Double.random(in: 0..<1, using: &generator)
      let other = words.randomElement(using: &generator) ?? ""
      return #"{"id":\#(number),"caption":"a \#(words[Int(60 * share * share)]) on the \#(other)"}"#
        + "\n"
    }.joined()
    let first = try run("-j 1 --cap 20", input).output
    #expect(try run("-j 7 --cap 20", input).output == first && !first.isEmpty)
    #expect(try run("--cap 20 --seed 1", input).output != first)
  }

  @Test func badRecordsAreSkippedInTheirPlaces() throws {
    let input = [
      #"{"caption":"a dog"}"#, #"{"caption":""}"#, "{bad", #"{"caption":5}"#, "{}", "[1]",
      #"{"id":"s","skipped":{"code":"a/b","message":"m"}}"#, #"{"id":7,"caption":"dogs of war"}"#,
      "{\"caption\":\"\\ud800\"}", #"{"id":7,"caption":"of"}"#,
    ].joined(separator: "\n")
    let found = try run("--min-count 1", input, status: 1)
    let codes = try found.objects().map { $0["skipped"]?.object?["code"]?.string }
    #expect(
      codes == [
        nil, "caption/empty", "json/syntax", "caption/type", "caption/missing",
        "json/not-an-object", "a/b", nil, "json/syntax",
      ])
    #expect(found.errors.contains("1 record with an id that an earlier one has"))
    let figures = try #require(
      run("--min-count 1 --stats --json", input, status: 1).objects().first)
    let counts = ["records", "selected", "left_out", "skipped", "without_phrase", "duplicate_ids"]
    #expect(counts.map { figures[$0]?.int } == [10, 2, 1, 7, 1, 1])
    #expect(try run("--strict", input, status: 3).output.isEmpty)
    #expect(try run("--from tsv", "a\tb\tc\n", status: 1).text.contains("text/columns"))
  }

  @Test func phrasesMayBeGiven() throws {
    let input = (0..<4).map { #"{"id":"\#($0)","np":["A x","\#($0)"]}"# + "\n" }.joined()
    #expect(try run("--phrases-from np --phrase-key as-is", input).objects().count == 4)
    #expect(try run("--phrases-from np --cap 2", input).objects().count == 2)
    #expect(try run("--phrases-from none", input, status: 1).objects().count == 4)
  }

  @Test func figuresAndChartsAreMade() throws {
    let directory = try TemporaryDirectory()
    let text = try run("--stats --plot \(directory.file("a.svg"))").text
    #expect(text.contains("unique phrases") && text.contains("rarest first"))
    #expect(
      String(decoding: try directory.read("a.svg"), as: UTF8.self).contains("before: 3 phrases"))
    _ = try run("--plot \(directory.file("a.png"))")
    #expect(try directory.read("a.png").starts(with: [0x89, 0x50, 0x4E, 0x47]))
    #expect(try run("--stats", "").text.contains("records"))
  }

  @Test(arguments: [
    "--cap 0", "--min-count 0", "--json", "--stats -z", "--plot a.gif", "--seed -1",
    "--phrase-key x", "--cap-counts x", "--caption-key a --phrases-from b", "--from paths",
  ])
  func wrongUsageIsStatus2(arguments: String) throws {
    let found = try run(arguments, status: 2)
    #expect(found.errors.hasPrefix("caption-filter: ") && found.output.isEmpty)
  }
}
