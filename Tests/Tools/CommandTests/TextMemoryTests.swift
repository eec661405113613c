// The memory that one text, or one file beside a tokenizer, can ask for.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@Suite struct TextMemoryTests {
  private static let tokenizer = "\(packageRoot)/Tests/Golden/text/llama.model"

  /// The most memory in KiB that `convo-format` takes for the record in `input`.
  private func peak(_ tokenizer: String, in directory: TemporaryDirectory) throws -> Int {
    let result = try Shell.bash(
      """
      rm -f in; mkfifo in
      convo-format --plain --tokenizer \(tokenizer) < in > out 2> errors & tool=$!
      exec 4> in
      cat input >&4
      until [ "$(wc -l < out)" -gt 0 ]; do
        kill -0 $tool || { cat errors >&2; exit 9; }
        sleep 0.05
      done
      awk '$1 == "VmHWM:" { print $2 }' /proc/$tool/status
      kill -KILL $tool; wait 2> /dev/null
      """, in: directory, timeout: 300)
    #expect(result.status == 0 || result.status == 137, "\(result.errors)")
    return try #require(Int(result.text.split(separator: "\n").first ?? ""), "\(result.errors)")
  }

  private func write(_ text: String, to directory: TemporaryDirectory) throws {
    try directory.write(
      #"{"id":"a","conversations":[{"from":"human","value":"\#(text)"},"#
        + #"{"from":"gpt","value":"b"}]}"# + "\n", to: "input")
  }

  /// The text itself is there several times, and a token takes some twenty bytes on its way into
  /// JSON; a word of half a million letters must not take much more than that.
  @Test func aWordWithoutEndTakesAFewTimesItsSize() throws {
    let directory = try TemporaryDirectory()
    try write("a", to: directory)
    let empty = try peak(Self.tokenizer, in: directory)
    var generator = SeededGenerator(seed: 1)
    let letters = Array("abcdefghijklmnopqrstuvwxyz")
    let count = 1 << 19
    try write(
      String((0..<count).map { _ in letters.randomElement(using: &generator) ?? "a" }),
      to: directory)
    let grown = try peak(Self.tokenizer, in: directory) - empty
    #expect(grown * 1024 < 50 * count, "\(grown) KiB for \(count) letters")
  }

  @Test func anArrayThatIsNotNeededTakesItsSize() throws {
    let directory = try TemporaryDirectory()
    try write("a", to: directory)
    try directory.write(gguf(extra: 0), to: "small.gguf")
    try directory.write(gguf(extra: 16 << 20), to: "large.gguf")
    let grown = try peak("large.gguf", in: directory) - peak("small.gguf", in: directory)
    #expect(grown < 40 << 10, "\(grown) KiB for 16384")
  }

  /// A vocabulary of two special pieces and the bytes, and an array of `extra` numbers.
  private func gguf(extra: Int) -> [UInt8] {
    func number(_ value: Int, _ size: Int) -> [UInt8] {
      (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    func text(_ text: String) -> [UInt8] { number(text.utf8.count, 8) + Array(text.utf8) }
    func array(_ key: String, _ type: Int, _ items: [[UInt8]]) -> [UInt8] {
      text("tokenizer.ggml." + key) + number(9, 4) + number(type, 4) + number(items.count, 8)
        + items.flatMap(\.self)
    }
    let names =
      (0..<256).map { (byte: Int) in
        let digits = String(byte, radix: 16, uppercase: true)
        return "<0x\(byte < 16 ? "0" : "")\(digits)>"
      } + ["<unk>", "</s>"]
    var bytes = Array("GGUF".utf8) + number(3, 4) + number(0, 8) + number(5, 8)
    bytes += text("tokenizer.ggml.model") + number(8, 4) + text("llama")
    bytes += array("tokens", 8, names.map(text))
    bytes += array("scores", 6, names.map { _ in number(0, 4) })
    bytes += array("token_type", 5, names.map { number(["<unk>": 2, "</s>": 3][$0] ?? 6, 4) })
    bytes += text("general.numbers") + number(9, 4) + number(0, 4) + number(extra, 8)
    return bytes + [UInt8](repeating: 7, count: extra)
  }
}
