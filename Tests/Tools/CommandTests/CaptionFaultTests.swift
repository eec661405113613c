// llava-caption where others take its output away, or the system will not write it.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@Suite struct CaptionFaultTests {
  private let caption = "llava-caption --max-tokens 4"

  /// A run whose table somebody removes, replaces or cuts says so, and the same command goes on.
  @Test(arguments: [
    ("rm table", "removed or replaced while it was written"),
    ("mv grey.jpg table", "removed or replaced while it was written"),
    (": > table", "the file was cut while it was written: expected "),
  ])
  func aTableThatIsTakenAwayEndsTheRun(take: String, message: String) throws {
    let directory = try Workbench.bare()
    let result = try Workbench.run(
      """
      mkdir photos; for number in $(seq 60); do cp grey.jpg photos/$number.jpg; done
      \(caption) --batch 1 --jsonl table photos 2> log & pid=$!
      until test -s table; do sleep 0.02; done
      \(take); wait $pid; echo $?; wc -l < log; cat log >&2
      """, in: directory)
    #expect(result.text == "4\n1\n", "\(result.text) \(result.errors)")
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(result.errors.hasPrefix("llava-caption: table: "), "\(result.errors)")
  }

  private static let canMount =
    (try? Shell.bash("unshare -rm mount -t tmpfs none /mnt"))?.status == 0

  /// A directory that may not be written, and one on a mount that is only read, cost their pictures alone,
  /// before these cost an answer.
  @Test(
    .enabled(if: canMount, "needs user namespaces"),
    arguments: ["skip", "overwrite", "append"])
  func aDirectoryThatTakesNoFileSpoilsItsPicturesOnly(existing: String) throws {
    let directory = try Workbench.bare()
    let result = try Workbench.run(
      """
      mkdir -p photos/a photos/m photos/z
      for name in a m z; do cp grey.jpg photos/$name; done
      cat > script << 'END'
      mount --bind photos/m photos/m; mount -o remount,ro,bind photos/m
      \(caption) --sidecar .txt --existing \(existing) photos 2> log; echo $?
      umount photos/m; chmod 555 photos/m
      setpriv --bounding-set=-dac_override,-dac_read_search \
        \(caption) --sidecar .txt --existing \(existing) photos 2>> log; echo $?
      END
      unshare -rm bash script; wc -l < photos/a/grey.txt; ls -A photos/m photos/z; cat log
      """, in: directory)
    let captioned = existing == "skip" ? 0 : 2
    let note =
      "llava-caption: 2 of 3 pictures have captions already, whatever the question was (--existing"
      + " overwrite replaces them, --existing append adds to them, another --sidecar writes others)"
    #expect(
      result.text == """
        1
        1
        \(existing == "append" ? 2 : 1)
        photos/m:
        grey.jpg

        photos/z:
        grey.jpg
        grey.txt
        llava-caption: photos/m/grey.jpg: photos/m/grey.txt: create: Read-only file system: skipped
        llava-caption: reasons of skips: io/create 1
        llava-caption: 2 done, 1 skipped
        llava-caption: photos/m/grey.jpg: photos/m/grey.txt: create: Permission denied: skipped \
        (check the permissions)
        \(existing == "skip" ? note + "\n" : "")llava-caption: reasons of skips: io/create 1
        llava-caption: \(captioned) done, 1 skipped

        """, "\(result.text) \(result.errors)")
  }

  /// No other picture would find room on a disk that is full.
  @Test(.enabled(if: canMount, "needs user namespaces"))
  func aFullDiskEndsTheRun() throws {
    let result = try Workbench.run(
      """
      mkdir photos
      cat > script << 'END'
      mount -t tmpfs -o nr_inodes=2 none photos; cp grey.jpg photos
      \(caption) --sidecar .txt photos; echo $?
      END
      unshare -rm bash script
      """, in: try Workbench.bare())
    #expect(result.text == "4\n", "\(result.errors)")
    #expect(result.errors.contains("No space left on device"), "\(result.errors)")
  }
}
