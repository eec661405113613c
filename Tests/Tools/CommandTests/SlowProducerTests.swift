// Records come out of the pipe one by one, while later ones have not even been asked for.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@Suite struct SlowProducerTests {
  /// The producer writes one line, waits until its result has come out of the end of the pipe, and
  /// only then writes the next. Where a tool holds a record back, both wait until the test's limit.
  @Test(arguments: [
    "convo-format --ask 'Describe the image.'", "convo-format --plain --ask 'Describe.'",
    "convo-format --ask a --tokenizer $LLAVA_MODEL -0",
  ])
  func theFirstCaptionComesBeforeTheSecondPath(format: String) throws {
    let directory = try Workbench.bare()
    let result = try Workbench.run(
      """
      mkfifo paths captions
      (\(format) | clip-encode | llava-project | vicuna-decode --max-tokens 3) \\
        < paths > captions &
      exec 4> paths 5< captions
      for path in \(Workbench.pictures.joined(separator: " ")); do
        echo $path >&4
        read -r caption <&5 || exit 9
        echo "$caption"
      done
      exec 4>&-
      cat <&5
      wait $!
      """, in: directory, timeout: 120)
    #expect(result.status == 0 && result.errors == "", "\(result.errors)")
    #expect(try result.objects().map { $0["id"]?.string } == Workbench.pictures)
    #expect(try result.objects().allSatisfy { $0["text"] != nil })
  }

  /// Every filter alone writes each record that it has got whole: here all of its input's, whose
  /// end is still to come.
  @Test(arguments: [
    ("cat good", "clip-encode --batch 4", 0), ("cat good", "clip-encode --emit pixels", 0),
    ("clip-encode good", "llava-project", 20), ("clip-encode good", "tensor-view", 20),
    ("clip-encode good | llava-project", "vicuna-decode --max-tokens 5", 20),
    ("clip-encode good | llava-project", "vicuna-decode --emit logits", 20),
  ])
  func aFilterHoldsNothingBack(producer: String, tool: String, end: Int) throws {
    let directory = try Workbench.bare()
    try directory.write(Workbench.pictures.joined(separator: "\n") + "\n", to: "good")
    let last = try #require(Workbench.pictures.last)
    let result = try Workbench.run(
      """
      \(producer.replacing("good", with: "<(convo-format --ask a good)")) > whole || exit 7
      test \(end) -gt 0 || cp good whole
      mkfifo in out
      \(tool) < in > out &
      exec 4> in 5< out
      head -c -\(end) whole >&4
      until grep -aq \(last) seen 2> /dev/null; do
        dd bs=4096 count=1 <&5 2> /dev/null > part
        test -s part || exit 8
        cat part >> packed
        zstd -dcqf packed > seen 2> /dev/null
      done
      tail -c \(end) whole >&4
      exec 4>&-
      cat <&5 > /dev/null
      wait $!
      """, in: directory, timeout: 120)
    #expect(result.status == 0 && result.errors == "", "\(result.status) \(result.errors)")
  }
}
