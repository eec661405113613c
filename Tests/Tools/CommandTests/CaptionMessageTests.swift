// What llava-caption says of inputs that are not what they should be: it names what a user can do there.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@Suite struct CaptionMessageTests {
  private let caption = "llava-caption --max-tokens 1"

  @Test(arguments: [
    ("llava-caption ''", 2, "expected a path, found an empty one (see llava-caption --help)\n"),
    (
      "LLAVA_MODEL= llava-caption grey.jpg", 2,
      "llava-caption: no model was named (name a model's directory, or its name in the hub's cache,"
        + " with -m or LLAVA_MODEL)\n"
    ),
    (
      "{ printf '{\"image\":\"'; head -c 17000000 /dev/zero | tr '\\0' a; echo '\"}'; }"
        + " | llava-caption --list - -q", 1,
      "skipped (records so long go through convo-format --max-line and the pipe)\n"
    ),
    (
      "{ printf '{\"image\":\"grey.jpg\",\"x\":\"'; head -c 70000 /dev/zero | tr '\\0' a; echo '\"}'; }"
        + " | llava-caption --list - -q --ask {x}", 1,
      "skipped (name shorter members in the question)\n"
    ),
    (
      "printf 'a.jpg\\0b.jpg\\0' | llava-caption --list -", 3,
      "--from paths0 of convo-format, clip-encode and llava-caption)\n"
    ),
    (
      "echo grey.jpg | llava-caption --list - --from array", 3,
      "llava-caption: stdin: expected an array, which begins with [, found g\n"
    ),
    (
      "echo '{}' | llava-caption --list - --from array", 3,
      "expected an array, which begins with [, found { (for an object a line: --from jsonl)\n"
    ),
    (
      ": | llava-caption --list - --from array", 3,
      "llava-caption: stdin: expected an array, which begins with [, found nothing\n"
    ),
  ])
  func whatIsSaidCanBeDone(command: String, status: Int, message: String) throws {
    let result = try Workbench.run(command, in: try Workbench.bare())
    #expect(result.status == status, "\(result.errors)")
    #expect(result.errors.hasSuffix(message), "\(result.errors)")
    #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
  }

  /// The same of another tool without the option.
  @Test func aReviewHasNoLimitToRaise() throws {
    let result = try Workbench.run(
      "head -c 17000000 /dev/zero | tr '\\0' a | sed 's/^/{/' | llava-eval judge score -",
      in: try Workbench.bare())
    #expect(
      result.errors.contains("skipped (no review is so long: see what the file is)"),
      "\(result.errors)")
  }

  /// A directory has no line and no id.
  @Test func aDirectoryThatCannotBeReadIsNamed() throws {
    let result = try Workbench.run(
      """
      mkdir -p half/r; cp grey.jpg half; chmod 0 half/r; drop=
      test $(id -u) != 0 || drop='setpriv --bounding-set=-dac_override,-dac_read_search'
      $drop \(caption) half > text 2> log; echo $?; head -1 log; chmod 700 half/r
      """, in: try Workbench.bare())
    #expect(
      result.text
        == "1\nllava-caption: half/r: open: Permission denied: skipped (check the permissions)\n",
      "\(result.text) \(result.errors)")
  }

  @Test func oneIsNoPlural() throws {
    let result = try Workbench.run(
      """
      printf 'grey.jpg\\n' | convo-format --ask x | clip-encode -v 2> log | llava-project \
        | vicuna-decode -v --max-tokens 1 2>> log > text
      grep -cE '^clip-encode: 1 image in .* images/s$|^vicuna-decode: 1 token in .* tokens/s$' log
      echo '{"image":"grey.jpg","text":"<image><image>"}' | convo-format
      """, in: try Workbench.bare())
    #expect(result.text.hasPrefix("2\n"), "\(result.text)")
    #expect(
      result.errors.contains("2 places for images, 1 image in the record"), "\(result.errors)")
  }
}
