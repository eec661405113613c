// What training is shown: llava-train --inspect, and convo-format --show-mask of a tensor stream.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@Suite struct InspectionTests {
  /// Two records that can be learned from, and one whose image is not there.
  private static func prepare() throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory()
    let lines = [
      ("a", "scene1.jpg", "red"), ("b", "none.jpg", "blue"), ("c", "", "a square"),
    ].map { id, image, answer in
      let picture = image.isEmpty ? "" : #""image":"\#(image)","#
      let question = image.isEmpty ? "Hi" : #"<image>\nWhat is it?"#
      return #"{"id":"\#(id)",\#(picture)"conversations":[{"from":"human","value":"\#(question)"},"#
        + #"{"from":"gpt","value":"\#(answer)"}]}"# + "\n"
    }
    try directory.write(lines.joined(), to: "chat.jsonl")
    let result = try TrainingBench.run(
      """
      convo-format -m $TINY --tokenizer $TINY --train chat.jsonl > prompts 2> errors
      clip-encode -m $TINY --image-root $PHOTOS prompts > features 2> errors; test $? = 1 || fail encode
      """, in: directory)
    try #require(result.status == 0, "\(result.text)\(result.errors)")
    return directory
  }

  private static let train = "llava-train finetune -m $TINY"

  @Test func recordsAreShownAsTheModelSeesThem() throws {
    let directory = try Self.prepare()
    let result = try TrainingBench.run(
      """
      $TRAIN --inspect 9 features 2> errors; test $? = 1 || fail "status"
      test ! -e run || fail begun
      """, train: Self.train, in: directory)
    #expect(result.status == 0, "\(result.text)")
    let lines = result.text.split(separator: "\n").map(String.init)
    let heads = lines.filter { $0.hasPrefix("#") }
    #expect(
      heads == [
        "# 1 of 3: features: record 1 id=a", "# 109 positions, 1 image, 2 tokens with loss",
        "# 2 of 3: features: record 2 id=b", heads[3],
        "# 3 of 3: features: record 3 id=c", "# 39 positions, 3 tokens with loss",
      ])
    #expect(heads[3].hasPrefix("# skipped by an earlier tool: no such file beneath"))
    let table = lines.dropFirst(2).prefix { !$0.hasPrefix("#") }.map {
      $0.split(separator: " ").map(String.init)
    }
    #expect(table.first == ["0", "1", "<s>"])
    // 109 positions, 64 of them in one line.
    #expect(table.count == 109 - 63)
    let image = table.filter { $0.contains("[image") }
    #expect(image == [[image.first?.first ?? "", "[image", "0:", "64", "features]"]])
    let range = (image.first?.first ?? "").split(separator: "-").compactMap { Int($0) }
    #expect(range.count == 2 && range[1] - range[0] == 63)
    #expect(
      table.suffix(2) == [["107", "322", "▁red", "loss"], ["108", "2", "</s>", "loss"]])
    #expect(table.count { $0.last == "loss" } == 2)
  }

  /// Of a file and of a pipe, in the order of the run, cut as it cuts, and no more than asked for.
  @Test func orderAndCutAreThoseOfTheRun() throws {
    let result = try TrainingBench.run(
      """
      heads() { $TRAIN --inspect "$@" 2> errors | grep '^#' | sed 's/:.*id=/ /; s/:.*//'; }
      printf '2\\n0\\n' > order
      heads 9 --order order --max-length 60 features; echo
      heads 1 features; echo
      heads 2 < features; echo
      $TRAIN --inspect 1 --max-length 108 features 2> errors | sed -n '2p;$p'
      """, train: Self.train, in: try Self.prepare())
    #expect(
      result.text == """
        # 1 of 2 c
        # 39 positions, 3 tokens with loss
        # 2 of 2 a
        # skipped

        # 1 of 3 a
        # 109 positions, 1 image, 2 tokens with loss

        # 1 a
        # 109 positions, 1 image, 2 tokens with loss
        # 2 b
        # skipped by an earlier tool

        # 108 positions, 1 image, 1 token with loss; cut from 109 positions
          107   322  ▁red                    loss

        """, "\(result.text)\(result.errors)")
  }

  /// Where nothing can be learned, the reason is what one looks for.
  @Test func recordsToLearnNothingFromAreShownWithTheReason() throws {
    let result = try TrainingBench.run(
      """
      convo-format -m $TINY --ask x chat.jsonl > asked 2> errors
      for input in "asked" "- < asked"; do
        eval "$TRAIN --inspect 3 $input" 2> errors | grep -c '^# skipped: '
        test ${PIPESTATUS[0]} = 1 || fail "$input"
      done
      $TRAIN --inspect 3 chat.jsonl 2> errors | grep -c 'no `prompt` object \\[prompt/missing\\]'
      $TRAIN --inspect 0 features 2> errors; echo $?
      $TRAIN --inspect 1 --dry-run features 2> errors; echo $?
      $TRAIN --inspect 3 features > /dev/full 2> errors; echo $?
      """, train: Self.train, in: try Self.prepare())
    #expect(result.text == "3\n3\n3\n2\n2\n4\n", "\(result.text)\(result.errors)")
  }

  /// The golden model has no tokenizer: its tokens are numbers.
  @Test func withoutATokenizerThereAreIds() throws {
    let result = try TrainingBench.run(
      "$TRAIN --inspect 1 $RECORDS 2> errors; grep -c 'has no tokenizer' errors",
      in: TemporaryDirectory())
    #expect(
      result.text.contains("# 12 positions, 11 tokens with loss\n 0     1  ?\n 1     3  ?  loss\n"))
    #expect(result.text.hasSuffix("\n1\n"))
  }

  @Test func theMaskOfAStreamHasItsImages() throws {
    let result = try TrainingBench.run(
      """
      show() { convo-format --tokenizer $TINY --show-mask "$@" 2> errors; }
      show features > file; test $? = 1 || fail 'a skip passes on'
      show < features | cmp - file || fail stdin
      grep -v '^#' file | grep -c .
      grep -e '^#' -e image -e loss file | tr -s ' '
      show --start 2 features | head -1
      show --start 4 features > nothing; echo $?
      llava-project -m $TINY features 2> errors | show | cmp - file || fail projected
      """, in: try Self.prepare())
    #expect(
      result.text == """
        85
        # a
         [image 0: 64 features]
         322 ▁red loss
         2 </s> loss
        # c
         261 ▁a loss
         307 ▁square loss
         2 </s> loss
        # c
        3

        """, "\(result.text)\(result.errors)")
  }

  @Test func streamsWithoutFeaturesAreRefused() throws {
    let directory = try Self.prepare()
    // A prompt of three tokens after a record's image, and one that names two.
    try directory.write(try TrainingBench.stream(records: 1), to: "bare")
    let result = try TrainingBench.run(
      """
      echo $PHOTOS/scene1.jpg | convo-format -m $TINY --ask x 2> errors \\
        | clip-encode -m $TINY --emit pixels 2> errors > pixels
      convo-format --tokenizer $TINY --show-mask pixels; echo $?
      convo-format --tokenizer $TINY --show-mask bare | tr -s ' '
      convo-format --tokenizer $TINY --from jsonl --show-mask features; echo $?
      """, in: directory)
    #expect(result.errors.contains("expected features of images, found a stream of 'pixels'"))
    #expect(
      result.text.hasPrefix("6\n# r0\n 1 <s>\n [image 0: 2 features]\n 5 "), "\(result.text)")
    #expect(result.text.hasSuffix(" loss\n3\n"), "\(result.text)")
  }
}
