// Paths that lead where they should not, or to what is no file: skipped, never followed.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import TestSupport
import Testing

@Suite struct HostilePathTests {
  /// Names in the order of `codes`; those with a nil code are good.
  private static let confined: [(path: String, code: String?)] = [
    ("grey.jpg", nil), ("inner.jpg", nil), ("sub/../grey.jpg", nil), ("./grey.jpg", nil),
    ("\u{1b}[31m.jpg", nil),
    ("/etc/passwd", "path/outside-root"), ("../grey.jpg", "path/outside-root"),
    ("../../../../../../etc/passwd", "path/outside-root"), ("link.jpg", "path/outside-root"),
    ("up/grey.jpg", "path/outside-root"), ("loop", "path/outside-root"),
    ("..", "path/outside-root"), ("/dev/zero", "path/outside-root"), (".", "file/not-regular"),
    ("sub", "file/not-regular"), ("fifo", "file/not-regular"), ("", "record/image"),
    ("..%2fgrey.jpg", "path/missing"), ("none.jpg", "path/missing"),
    ("grey.jpg/x", "path/missing"), (String(repeating: "a", count: 5000), "path/invalid"),
    (String(repeating: "a", count: 300), "path/missing"),
    ("new\nline.jpg", nil), ("grey.jpg\0.png", "path/invalid"),
  ]

  private func folder() throws -> TemporaryDirectory {
    let directory = try Workbench.bare()
    let made = try Workbench.run(
      """
      mkdir -p root/sub; cp grey.jpg root; cp rgb-8.png root/$'\\e[31m.jpg'
      cp grey.jpg root/$'new\\nline.jpg'
      cd root; mkfifo fifo; ln -s /etc/passwd link.jpg; ln -s grey.jpg inner.jpg; ln -s .. up
      ln -s loop loop; chmod 0 $(mktemp -p . unreadable-XXXXXX)
      """, in: directory)
    try #require(made.status == 0, "\(made.errors)")
    return directory
  }

  @Test func theRootHolds() throws {
    let directory = try folder()
    let records = Self.confined.map { path, _ in
      JSONValue.object(["id": .string("i"), "image": .string(path)]).serializedString + "\n"
    }
    let result = try Workbench.run(
      "clip-encode --image-root root | llava-project -q | tensor-view --json", in: directory,
      input: Array(records.joined().utf8), timeout: 20)
    let found = try result.objects().filter { $0["id"] != nil }
    #expect(found.count == Self.confined.count)
    for (object, (path, code)) in zip(found, Self.confined) {
      let skipped = object["skipped"]?.object?["code"]?.string
      #expect(skipped == code, "\(path.prefix(40)): \(object)")
    }
    #expect(!result.errors.contains("\u{1b}") && !result.errors.contains("root:x"))
    let lines = result.errors.split(separator: "\n").filter { $0.contains(": skipped") }
    #expect(lines.count == Self.confined.filter { $0.code != nil }.count)
  }

  /// Without a root any file may be read, but files only; nothing waits for a pipe.
  @Test func whatIsNoFileIsSkipped() throws {
    let directory = try folder()
    let paths = [
      "/dev/zero", "/dev/null", "/dev/stdin", "root/fifo", "root/sub", "root/loop",
      "/proc/self/mem",
      "/proc/self/environ", "/etc/passwd", String(repeating: "b/", count: 2500), "root/none",
    ]
    let result = try Workbench.run(
      "clip-encode | llava-project -q | tensor-view --ids | wc -l", in: directory,
      input: Array(paths.joined(separator: "\n").utf8), timeout: 20)
    #expect(result.text == "\(paths.count)\n")
    #expect(result.status == 1)
    #expect(result.errors.contains("0 done, \(paths.count) skipped"))
  }

  /// With a root and without, what is wrong with a path has one name.
  @Test(arguments: ["", "--image-root ."])
  func pathsAreNotCutAndMissingOnesAreNamed(options: String) throws {
    let directory = try folder()
    let images = ["grey.jpg\\u0000.png", "", "none.jpg", "grey.jpg/x"]
    let input = images.map { "{\"id\":\"i\",\"image\":\"\($0)\"}\n" }.joined()
    let result = try Workbench.run(
      "clip-encode \(options) | llava-project -q | tensor-view --json", in: directory,
      input: Array(input.utf8))
    let codes = try result.objects().compactMap { $0["skipped"]?.object?["code"]?.string }
    #expect(codes == ["path/invalid", "record/image", "path/missing", "path/missing"])
    #expect(result.errors.contains("line 2 id=i: expected `image` or `images`"))
    #expect(result.errors.contains("clip-encode: stdin: line 3 id=i: none.jpg: no such file"))
  }

  @Test func pathsMayHoldAnything() throws {
    let directory = try folder()
    let result = try Workbench.run(
      #"""
      printf '%s\0' root/$'new\nline.jpg' root/$'\e[31m.jpg' root/grey.jpg \
        | convo-format --from paths0 --ask a | clip-encode | llava-project \
        | vicuna-decode --max-tokens 1
      """#, in: directory)
    #expect(result.status == 0 && result.errors == "", "\(result.errors)")
    #expect(
      try result.objects().map { $0["image"]?.string } == [
        "root/new\nline.jpg", "root/\u{1b}[31m.jpg", "root/grey.jpg",
      ])
  }

  /// To Swift these names are equal; to the system they are two files.
  @Test func namesAreToldApartByTheirBytes() throws {
    let directory = try Workbench.bare()
    let names = ["caf\u{e9}.img", "cafe\u{301}.img"]
    for (name, source) in zip(names, ["grey.jpg", "rgb-8.png"]) {
      try directory.write(directory.read(source), to: name)
    }
    try #require(directory.names.filter { $0.hasSuffix(".img") }.count == 2)
    try directory.write(names.joined(separator: "\n") + "\n", to: "list")
    try directory.write("grey.jpg\nrgb-8.png\n", to: "expected")
    let features = try Workbench.run(
      """
      clip-encode list | tensor-view --values 128 | grep -v '^[0-9]' > a
      clip-encode expected | tensor-view --values 128 | grep -v '^[0-9]' > b
      cmp a b && grep -c features a
      """, in: directory)
    #expect(features.status == 0, "\(features.text)")
    try directory.write("{\"id\":\"\(names[0])\"}\n", to: "done")
    let left = try Workbench.run(
      "convo-format --plain --ask a --skip-done done list", in: directory)
    let id = try left.objects().map { Array(($0["id"]?.string ?? "").utf8) }
    #expect(id == [Array(names[1].utf8)])
  }
}
