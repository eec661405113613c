// vicuna-decode --emit importance, and llava-weights quantize with what it wrote.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@Suite struct ImportanceTests {
  private static let tiny = ["TINY": "\(packageRoot)/examples/tiny-llava"]

  private static let measure = """
    set -e
    ls $TINY/../images/*.jpg | head -2 | convo-format -m $TINY --ask 'Describe this image.' \
      | clip-encode -m $TINY | llava-project -m $TINY > prompts.tsz
    vicuna-decode -m $TINY --emit importance prompts.tsz -o importance.tsz

    """

  @Test func importanceMakesAnotherFileWithoutAWord() throws {
    let directory = try TemporaryDirectory()
    let result = try Workbench.run(
      Self.measure + """
        for options in "-j 1" "-j 3 --batch 1" "--batch 7"; do
          vicuna-decode -m $TINY --emit importance $options prompts.tsz -o again.tsz
          cmp again.tsz importance.tsz
        done
        tensor-view importance.tsz | grep -c '^tensor  .*F32'
        tensor-view --json importance.tsz | grep -o '"positions":[0-9]*,"records":[0-9]*'
        llava-weights quantize $TINY -o plain --format Q5_0 2> warnings
        llava-weights quantize $TINY -o weighed --format Q5_0 --importance importance.tsz 2> again
        llava-weights quantize -q $TINY -o same --format Q5_0 -j 1 --importance - < importance.tsz
        cmp warnings again; cmp weighed/model-Q5_0.gguf same/model-Q5_0.gguf
        cmp plain/mmproj-Q8_0.gguf weighed/mmproj-Q8_0.gguf
        llava-weights verify plain weighed | grep -c '\\.weight' || true
        """, in: directory, environment: Self.tiny, timeout: 300)
    #expect(result.status == 0, "\(result.errors)")
    let lines = result.text.split(separator: "\n").map(String.init)
    try #require(lines.count == 3, "\(lines)")
    #expect(lines[0] == "29", "\(lines)")
    #expect(lines[1].hasSuffix(#","records":2"#), "\(lines)")
    // All matrices but the embedding, and the output layer, which has 8 bits.
    #expect(lines.last == "28", "\(lines)")
  }

  @Test func promptsThatCannotBeReadAreSkipped() throws {
    let directory = try TemporaryDirectory()
    let result = try Workbench.run(
      """
      printf '{"text":"Hello?"}\\n{"text":"What?"}\\n' | convo-format --plain > good
      (head -1 good; echo '{"id":"b"}'; tail -1 good) > some
      vicuna-decode --emit importance good -o all.tsz; echo $?
      vicuna-decode --emit importance some -o some.tsz; echo $?
      for name in all some; do tensor-view $name.tsz | grep ' min ' > $name; done; cmp all some
      wc -l < all
      vicuna-decode --emit importance < /dev/null; echo $?
      echo '{"id":"b"}' | vicuna-decode --emit importance -o none.tsz; echo $?
      tensor-view --ids none.tsz
      for options in --chat --stream; do vicuna-decode $options --emit importance good; echo $?; done
      """, in: directory)
    let lines = result.text.split(separator: "\n").map(String.init)
    #expect(lines == ["0", "1", "15", "3", "1", "b", "2", "2"], "\(lines) \(result.errors)")
    #expect(result.errors.contains("2 done, 1 skipped"), "\(result.errors)")
    #expect(result.errors.contains("--chat and --emit importance exclude each other"))
  }

  @Test func whatDoesNotFitIsRefusedInALine() throws {
    let directory = try TemporaryDirectory()
    let result = try Workbench.run(
      Self.measure + """
        set +e
        quantize() { llava-weights quantize $1 -o out --format $2 --importance $3; echo $?; rm -rf out; }
        quantize $TINY Q4_0 prompts.tsz
        echo '{"text":"Hello?"}' | convo-format --plain > one
        vicuna-decode --emit importance one -o other.tsz
        quantize $TINY Q4_0 other.tsz
        head -c 3000 importance.tsz > cut; quantize $TINY Q4_0 cut
        quantize $TINY Q4_0 nowhere
        quantize $TINY Q4_0 one
        llava-weights quantize -q $TINY -o eight --format Q8_0
        quantize eight Q5_1 importance.tsz
        quantize $TINY Q8_0 importance.tsz
        cat importance.tsz importance.tsz > both; quantize $TINY Q4_0 both
        ls
        """, in: directory, environment: Self.tiny, timeout: 300)
    let lines = result.text.split(separator: "\n").map(String.init)
    #expect(lines.prefix(8) == ["6", "6", "3", "4", "3", "0", "0", "0"], "\(lines)")
    #expect(!lines.contains("out"))
    for words in [
      "expected importance, found a stream of 'projected'", "importance of a model of these shapes",
      "nowhere", "measured with other weights of the same shapes",
      "Q8_0 is as near as it can be: --importance changes nothing there",
    ] { #expect(result.errors.contains(words), "\(words): \(result.errors)") }
  }
}
