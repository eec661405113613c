// The same bytes for every batch and every number of threads, on every set of kernels.
// SPDX-License-Identifier: Apache-2.0
import CPU
import TestSupport
import Testing

/// How answers are chosen.
private let choices = [
  "", "--temperature 0.8 --seed 7", "--temperature 1.2 --top-k 20 --top-p 0.9",
]

/// A set of kernels and a precision, by the names of LLAVA_CPU and --precision.
struct Arithmetic: Sendable, CustomTestStringConvertible {
  let set: String
  let precision: String

  var testDescription: String { "\(set) \(precision)" }
  var canRun: Bool { KernelSet(named: set) != nil }

  static let all = KernelSet.names.flatMap { set in
    ["bf16", "f32"].map { Arithmetic(set: set, precision: $0) }
  }

  /// The rows that this machine has; KernelsTests say which it lacks.
  static let runnable = all.filter(\.canRun)
}

@Suite struct InvarianceTests {
  /// Text only, one image, several, one twice, several turns, questions that share an image.
  static let records = #"""
    {"id":"0","text":"What is the square?"}
    {"id":"1","image":"grey.jpg","text":"Describe the image."}
    {"id":"2","image":"grey.jpg","text":"Describe the circle."}
    {"id":"3","image":"grey.jpg","text":"what"}
    {"id":"4","images":["rgb-8.png","baseline-420.jpg"],"text":"<image> is the <image> square?"}
    {"id":"5","text":"the the the the the circle"}
    {"id":"6","images":["rgb-8.png","rgb-8.png"],"text":"<image> what <image>"}
    {"id":"7","image":"cut.jpg","text":"the image that is cut"}
    {"id":"8","image":"rgb-8.png","conversations":[{"from":"human","value":"<image>\nthe circle"},{"from":"gpt","value":"the square"},{"from":"human","value":"what is the image"}]}
    {"id":"9","image":"raw-255.ppm","text":"Describe the image."}
    {"id":"10","images":["grey.jpg","rgb-8.png","progressive-444.jpg","raw-255.ppm"],"text":"Describe."}
    {"id":"11","conversations":[{"from":"human","value":"a"},{"from":"gpt","value":"b"},{"from":"human","value":"c"}]}
    {"id":"12","image":"progressive-444.jpg","text":"a"}

    """#

  /// A directory with `prompts` and, by these kernels, `features` and `projected`.
  private func streams(_ arithmetic: Arithmetic) throws -> TemporaryDirectory {
    let directory = try Workbench.bare()
    try directory.write(Self.records, to: "records")
    let options = "--precision \(arithmetic.precision)"
    let made = try run(
      """
      convo-format --system '' records > prompts
      clip-encode -q \(options) prompts > features; llava-project -q \(options) features > projected
      """, arithmetic, directory)
    #expect(made.status == 1, "\(made.errors)")
    return directory
  }

  private func run(_ script: String, _ arithmetic: Arithmetic, _ directory: TemporaryDirectory)
    throws -> ShellResult
  {
    try Workbench.run(
      script, in: directory, environment: ["LLAVA_CPU": arithmetic.set], timeout: 300)
  }

  @Test(arguments: Arithmetic.runnable)
  func streamsDoNotDependOnBatchOrThreads(arithmetic: Arithmetic) throws {
    let directory = try streams(arithmetic)
    for options in ["--batch 1 -j 1", "--batch 8 -j 1", "--batch 1 -j 2", "--batch 3 -j 3"] {
      let precision = "--precision \(arithmetic.precision)"
      let threads = options.suffix(4)
      let found = try run(
        """
        clip-encode -q \(precision) \(options) prompts > again; cmp again features || exit 9
        llava-project -q \(precision) \(threads) features > again; cmp again projected || exit 9
        """, arithmetic, directory)
      #expect(found.status == 0, "\(options): \(found.errors)")
    }
  }

  @Test(arguments: Arithmetic.runnable)
  func captionsDoNotDependOnBatchOrThreads(arithmetic: Arithmetic) throws {
    let directory = try streams(arithmetic)
    let command = "vicuna-decode -q --precision \(arithmetic.precision) --max-tokens 12"
    for choice in choices {
      let first = try run("\(command) \(choice) --batch 1 -j 1 projected", arithmetic, directory)
      let objects = try first.objects()
      #expect(objects.count == 13 && objects.map { $0["id"]?.string } == (0..<13).map { "\($0)" })
      #expect(objects.filter { $0["skipped"] == nil }.count == 12, "\(first.text)")
      #expect(Set(objects.compactMap { $0["text"]?.string }).count > 8)
      let all = [(1, 2), (1, 3), (4, 1), (4, 2), (4, 3), (16, 1), (16, 2), (16, 3)]
      for (batch, threads) in amount([(4, 3), (16, 2)], soak: all) {
        let found = try run(
          "\(command) \(choice) --batch \(batch) -j \(threads) projected", arithmetic, directory)
        #expect(
          found.output == first.output, "\(choice) --batch \(batch) -j \(threads)")
      }
    }
  }

  /// A question takes up the cache of the one before where both begin alike; nobody may see that.
  @Test(arguments: Arithmetic.runnable)
  func sharedPrefixesDoNotShow(arithmetic: Arithmetic) throws {
    let directory = try streams(arithmetic)
    let precision = "--precision \(arithmetic.precision)"
    let together = try run(
      "vicuna-decode -q \(precision) --max-tokens 12 projected", arithmetic, directory)
    let apart = try run(
      """
      split -l 1 -a 2 records one-
      for file in one-*; do
        convo-format --system '' $file | clip-encode -q \(precision) | llava-project -q \(precision) \\
          | vicuna-decode -q \(precision) --max-tokens 12
      done
      """, arithmetic, directory)
    #expect(apart.output == together.output)
  }

  /// Questions about two images by turns: each image is read once, and memory for none changes no byte.
  @Test func imagesAreReadOnceInAnyOrder() throws {
    let directory = try Workbench.bare()
    try directory.write(
      """
      {"id":"0","image":"grey.jpg","text":"Describe the image."}
      {"id":"1","image":"rgb-8.png","text":"Describe the image."}
      {"id":"2","image":"grey.jpg","text":"what"}
      {"id":"3","image":"rgb-8.png","text":"the circle"}

      """, to: "records")
    let result = try Workbench.run(
      """
      set -e
      convo-format --system '' records | clip-encode -q | llava-project -q > projected
      vicuna-decode -v --max-tokens 12 projected > kept 2> kept.log
      vicuna-decode -v --max-tokens 12 --cache-memory 0 projected 2> none.log | cmp - kept
      grep -o '[0-9]* of [0-9]* positions.*' kept.log none.log
      """, in: directory)
    #expect(result.status == 0, "\(result.errors)")
    let lines = result.text.split(separator: "\n")
    try #require(lines.count == 2, "\(result.text)")
    #expect(lines[1].hasPrefix("none.log:0 of "))
    let counts = lines[0].split { !$0.isNumber }.compactMap { Int($0) }
    #expect(counts.count == 2 && counts[0] * 4 > counts[1], "\(lines[0])")
  }

  /// Where the caches of prompts leave no memory for the next answer they are given up: what runs
  /// without them runs with them, to the byte.
  @Test func promptsAreForgottenWhereMemoryIsOut() throws {
    let directory = try TemporaryDirectory()
    let records = (1...10).map { number in
      let words = (number..<number + 20).map(String.init).joined(separator: " ")
      return #"{"id":"\#(number)","text":"\#(words)"}"# + "\n"
    }
    try directory.write(records.joined(), to: "records")
    let result = try Workbench.run(
      """
      export LLAVA_MODEL=$TINY
      convo-format --system '' records > asked
      decode() { vicuna-decode -v -j 1 --batch 1 --max-tokens 1900 "$@" asked; }
      decode > wanted 2> log
      grep -o '[0-9]* of [0-9]* positions' log
      for size in $(seq 68000 -3000 50000); do
        (ulimit -v $size; decode --cache-memory 0 > none 2> /dev/null) || break
        (ulimit -v $size; decode > some 2> log) || { cat log; exit 1; }
        cmp none wanted || exit 1
        cmp some wanted || exit 1
        grep -o '[0-9]* of [0-9]* positions' log
      done
      """, in: directory, environment: ["TINY": "\(packageRoot)/examples/tiny-llava"], timeout: 300)
    #expect(result.status == 0, "\(result.text) \(result.errors)")
    // Fewer positions came from others at last, or no size was so small that some were given up.
    let counts = result.text.split(separator: "\n").compactMap { Int($0.prefix { $0.isNumber }) }
    #expect(counts.count > 1 && counts[counts.count - 1] < counts[0], "\(result.text)")
  }

  @Test func theSeedMatters() throws {
    let directory = try streams(Arithmetic(set: "scalar", precision: "f32"))
    let texts = try ["7", "8"].map {
      try Workbench.run(
        "vicuna-decode -q --max-tokens 12 --temperature 0.8 --seed \($0) projected", in: directory
      ).output
    }
    #expect(texts[0] != texts[1])
  }
}
