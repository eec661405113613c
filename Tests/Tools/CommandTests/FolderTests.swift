// A folder of pictures, some broken: captioned in one go, and again with a kill in the middle.
// SPDX-License-Identifier: Apache-2.0
import CTestImages
import Foundation
import JSON
import TestSupport
import Testing

/// A folder and what is wrong with it.
private struct Folder {
  let directory: TemporaryDirectory
  let names: [String]
  /// What the skip records of broken files say.
  let broken: [String: String]

  init(count: Int) throws {
    directory = try TemporaryDirectory()
    let names = (0..<count).map { String(format: "picture-%05d.jpg", $0) }
    for (index, name) in names.enumerated() {
      try #require(llava_test_write_jpeg(directory.file(name), UInt32(index)) == 0)
    }
    let cut = [0, count / 7, count - 1].map { names[$0] }
    for (keep, name) in zip([2, 300, 500], cut) {
      try directory.write(Array(directory.read(name).prefix(keep)), to: name)
    }
    let text = [names[count / 5], names[count / 2]]
    for name in text { try directory.write("<html>no picture</html>\n", to: name) }
    let missing = names[count * 3 / 4]
    try FileManager.default.removeItem(atPath: directory.file(missing))
    try directory.write(names.joined(separator: "\n") + "\n", to: "list")
    self.names = names
    broken = Dictionary(
      uniqueKeysWithValues: [(cut[0], "image/unsupported")]
        + cut[1...].map { ($0, "image/truncated") }
        + text.map { ($0, "image/unsupported") } + [(missing, "path/missing")])
  }
}

@Suite struct FolderTests {
  static let releaseTools = ProcessInfo.processInfo.environment["LLAVA_TOOLS_DIRECTORY"] != nil

  /// Enough that the kill comes while records are on their way in every tool.
  static let count = amount(1000, soak: 10_000)

  /// The bundled model; for a debug build, whose kernels crawl, the smallest of the golden ones.
  static let model = [
    "LLAVA_MODEL": releaseTools ? TinyModelTests.model : "\(Workbench.models)/llava-hf"
  ]

  /// The pipeline behind convo-format.
  static let rest = "clip-encode -v | llava-project -v | vicuna-decode -v --max-tokens 12"

  private func grouped(_ number: Int) -> String {
    number < 1000 ? "\(number)" : String(format: "%d,%03d", number / 1000, number % 1000)
  }

  private func counts(_ tool: String, done: Int, skipped: Int) -> String {
    "\(tool): \(grouped(done)) done, \(grouped(skipped)) skipped\n"
  }

  @Test func aFolderIsCaptionedWhateverHappens() throws {
    let folder = try Folder(count: Self.count)
    try captionAll(folder)
    try captionWithAKill(folder)
  }

  private func captionAll(_ folder: Folder) throws {
    let result = try Workbench.run(
      """
      convo-format -v --system '' --ask 'Describe the image.' list | \(Self.rest) > whole.jsonl
      echo "${PIPESTATUS[*]}"
      """, in: folder.directory, environment: Self.model, timeout: 1200)
    #expect(result.text == "0 1 1 1\n")
    let skipped = folder.broken.count
    #expect(result.errors.contains(counts("convo-format", done: Self.count, skipped: 0)))
    for tool in ["clip-encode", "llava-project", "vicuna-decode"] {
      let wanted = counts(tool, done: Self.count - skipped, skipped: skipped)
      #expect(result.errors.contains(wanted), "\(result.errors)")
    }
    let lines = try folder.directory.read("whole.jsonl").split(separator: 0x0A)
    let objects = try lines.map { try #require(JSONValue(parsing: Array($0)).object) }
    #expect(objects.map { $0["id"]?.string } == folder.names)
    let faults = objects.filter { object in
      let code = object["skipped"]?.object?["code"]?.string
      return code != folder.broken[object["id"]?.string ?? ""]
        || (code == nil) != (object["text"]?.string != nil)
    }
    #expect(faults.isEmpty)
    #expect(Set(objects.compactMap { $0["text"]?.string }).count > 3)
  }

  /// The first run's output ends inside a line, as a kill leaves it. The second, which goes by the
  /// remedy of the message, makes exactly the rest.
  private func captionWithAKill(_ folder: Folder) throws {
    let size = try folder.directory.read("whole.jsonl").count
    let result = try Workbench.run(
      """
      set -m
      mkfifo captions
      (exec 2> /dev/null
        convo-format --system '' --ask 'Describe the image.' list | \(Self.rest) > captions) &
      head -c \(size / 3 + 5) < captions > part.jsonl
      kill -KILL -- -$!
      wait $! 2> /dev/null
      again='convo-format -v --system "" --ask "Describe the image." --skip-done part.jsonl list'
      if eval "$again" > /dev/null 2> torn; then exit 9; fi
      grep -q -e '(--repair cuts it off)' torn || { cat torn >&2; exit 8; }
      eval "$again --repair" > /dev/null 2>&1
      wc -l < part.jsonl
      grep -c '"skipped"' part.jsonl
      eval "$again" | \(Self.rest) >> part.jsonl
      cmp part.jsonl whole.jsonl
      """, in: folder.directory, environment: Self.model, timeout: 1200)
    #expect(result.status == 0, "\(result.errors)")
    let numbers = result.text.split(separator: "\n").compactMap { Int($0) }
    try #require(numbers.count == 2)
    let (done, skipped) = (numbers[0], numbers[1])
    #expect(done > Self.count / 4 && done < Self.count / 2)
    #expect(
      result.errors.contains(counts("convo-format", done: Self.count - done, skipped: 0)),
      "\(result.errors)")
    let left = folder.broken.count - skipped
    let wanted = counts("vicuna-decode", done: Self.count - done - left, skipped: left)
    #expect(result.errors.contains(wanted), "\(result.errors)")
  }
}
