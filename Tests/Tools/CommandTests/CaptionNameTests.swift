// llava-caption where names are not what they seem: one picture called twice, links, files of killed runs.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@Suite struct CaptionNameTests {
  private let caption = "llava-caption --max-tokens 4"

  private func directory() throws -> TemporaryDirectory {
    let directory = try Workbench.bare()
    let made = try Workbench.run(
      "mkdir sub; cp grey.jpg sub/a.jpg; cp rgb-8.png sub", in: directory)
    try #require(made.status == 0, "\(made.errors)")
    return directory
  }

  /// Another spelling, a symbolic link, a hard link: one picture, which has one caption.
  @Test func onePictureIsCaptionedOnce() throws {
    let directory = try directory()
    let result = try Workbench.run(
      """
      ln -s a.jpg sub/soft.jpg; ln sub/a.jpg sub/hard.jpg; ln -s sub link
      names='sub/a.jpg ./sub/a.jpg link/a.jpg sub/soft.jpg sub/hard.jpg'
      \(caption) --jsonl - $names 2> log | jq -r .image; cat log
      \(caption) -q --sidecar .txt $names; ls sub/*.txt
      \(caption) -q --sidecar .txt --existing append sub ./sub/a.jpg ./sub/rgb-8.png link; echo $?
      wc -l < sub/a.txt; wc -l < sub/rgb-8.txt; find sub -name '.*' | wc -l
      printf '%s\\n' $names | \(caption) -q --list - sub/a.jpg | wc -l
      """, in: directory)
    #expect(
      result.text == """
        sub/a.jpg
        llava-caption: 4 names are other names of pictures that came before, which are captioned once: \
        ./sub/a.jpg is sub/a.jpg, ...
        sub/a.txt
        0
        2
        1
        0
        1

        """, "\(result.text) \(result.errors)")
  }

  /// The pipeline asks about each picture once too, and names them as the tool does.
  @Test func thePipelineNamesPicturesOnce() throws {
    let directory = try directory()
    let result = try Workbench.run(
      """
      cp cut.jpg sub; mkdir sub/in; ln -s ../a.jpg 'sub/in/[x]*.jpg'; ln sub/rgb-8.png sub/hard.png
      cp baseline-420.jpg sub/in/x.jpg
      for paths in 'sub/in ./sub/a.jpg sub sub/rgb-8.png' 'sub/a.jpg ./sub/a.jpg' 'sub/rgb-8.png sub/hard.png sub' \
        'sub sub'; do
        \(caption) $paths > ours 2> log; \(caption) --print-pipeline $paths > script
        bash script 2> log | cmp - ours && wc -l < ours
      done
      \(caption) --print-pipeline sub/a.jpg ./sub/a.jpg | head -1
      """, in: directory)
    #expect(
      result.text == "3\n1\n3\n3\nprintf '%s\\0' sub/a.jpg \\\n", "\(result.text) \(result.errors)")
  }

  /// Rows that ask other things of one picture, by whatever name, are each answered.
  @Test func rowsAboutOnePictureAreAnswered() throws {
    let directory = try directory()
    let result = try Workbench.run(
      """
      printf 'image,thing\\nsub/a.jpg,dog\\n./sub/a.jpg,cat\\nlink.jpg,dog\\nsub/a.jpg,cow\\n' > list.csv
      ln -s sub/a.jpg link.jpg
      run="\(caption) --list list.csv --ask=A_{thing}?"
      $run --jsonl - 2> log | jq -r '.image + " " + .question'; cat log
      $run -q --sidecar .txt --existing append; wc -l < sub/a.txt; ls *.txt
      """, in: directory)
    #expect(
      result.text == """
        sub/a.jpg A_dog?
        sub/a.jpg A_cat?
        sub/a.jpg A_cow?
        llava-caption: 2 names are other names of pictures that came before, which are captioned once: \
        ./sub/a.jpg is sub/a.jpg, ...
        3

        """, "\(result.text) \(result.errors)")
  }

  /// Two pictures of one directory whose texts would be one file, however the directory is spelt.
  @Test func spellingsHideNoClash() throws {
    let directory = try directory()
    let result = try Workbench.run(
      "cp rgb-8.png sub/a.png; \(caption) --sidecar .txt sub/a.jpg ./sub/a.png", in: directory)
    #expect(result.status == 2)
    #expect(
      result.errors.contains("sub/a.jpg and ./sub/a.png would share ./sub/a.txt"),
      "\(result.errors)")
  }

  /// What a link in a sidecar's place leads to is replaced, so that it must be a sidecar too, and of one
  /// picture.
  @Test func linksToPicturesAreNoSidecars() throws {
    let directory = try directory()
    let result = try Workbench.run(
      """
      cp sub/a.jpg before; ln -s a.jpg sub/rgb-8.txt
      for existing in overwrite append; do
        \(caption) --sidecar .txt --existing $existing sub/rgb-8.png 2>> log; echo $?
      done
      grep -c 'the link leads to .*a.jpg, which does not end in .txt' log
      \(caption) --sidecar .txt --existing append sub 2> log; echo $?
      grep -c 'is a picture itself' log; cmp before sub/a.jpg
      touch shared.txt; ln -sf ../shared.txt sub/a.txt; ln -sf ../shared.txt sub/rgb-8.txt
      \(caption) --sidecar .txt --existing append sub 2> log; echo $?
      grep -c 'would share' log; wc -c < shared.txt
      """, in: directory)
    #expect(result.text == "1\n1\n2\n2\n1\n2\n1\n0\n", "\(result.text) \(result.errors)")
  }

  /// A link where a text would be is the user's, wherever it leads.
  @Test func linksInTheirPlaceStay() throws {
    let directory = try directory()
    let result = try Workbench.run(
      """
      ln -s nowhere sub/a.txt
      for existing in skip overwrite append; do
        \(caption) --sidecar .txt --existing $existing sub 2>> log; echo $?
      done
      readlink sub/a.txt; grep -c 'a.txt: the link leads to nothing: skipped' log; ls sub
      convo-format --ask x sub/a.jpg | clip-encode | llava-project \
        | vicuna-decode --max-tokens 2 --format sidecar 2>> log; echo $?; readlink sub/a.txt
      echo old > real.txt; ln -sf ../real.txt sub/a.txt
      \(caption) -q --sidecar .txt --existing append sub; readlink sub/a.txt; wc -l < real.txt
      """, in: directory)
    #expect(
      result.text == """
        1
        1
        1
        nowhere
        3
        a.jpg
        a.txt
        rgb-8.png
        rgb-8.txt
        0
        nowhere
        ../real.txt
        2

        """, "\(result.text) \(result.errors)")
  }

  /// What a killed run left half written goes with the next run there, with or without a journal.
  @Test func halvesOfKilledRunsGo() throws {
    let directory = try directory()
    let result = try Workbench.run(
      """
      true & gone=$!; wait
      for existing in skip append; do
        touch sub/.llava-$gone.tmp sub/.a.txt.llava-$gone-x1.tmp sub/.llava-$$.tmp
        \(caption) -q --sidecar .txt --existing $existing sub; ls -A sub | grep -c tmp
      done
      touch sub/.a.txt.llava-$gone-x1.tmp
      convo-format --ask x sub/a.jpg | clip-encode | llava-project \
        | vicuna-decode --max-tokens 2 --format sidecar -q; ls -A sub | grep -c tmp
      rm sub/*.txt
      convo-format --ask x sub/a.jpg | clip-encode | llava-project \
        | vicuna-decode --max-tokens 2 --format sidecar -q; ls -A sub | grep -c tmp
      """, in: directory)
    #expect(result.text == "1\n1\n2\n1\n", "\(result.text) \(result.errors)")
  }

  /// What a data: URL is, and what is a path that looks like one, all tools decide alike.
  @Test func pathsMayLookLikeURLs() throws {
    let directory = try directory()
    let result = try Workbench.run(
      """
      cp grey.jpg data:x.jpg
      echo data:x.jpg | \(caption) -q --list - | wc -l
      printf '{"image":"data:image/jpeg;base64,%s"}' "$(base64 -w0 grey.jpg)" | \(caption) --list -
      echo $?
      """, in: directory)
    #expect(result.text == "1\n1\n", "\(result.text) \(result.errors)")
    #expect(result.errors.contains("expected a path of a picture"), "\(result.errors)")
  }

  @Test func suffixesAreNames() throws {
    let directory = try directory()
    let result = try Workbench.run(
      """
      for suffix in $'\\n' $'.t\\txt' $'.\\x7f' /x ./x '' $'.\\xe2\\x80\\xaetxt'; do
        \(caption) --sidecar "$suffix" sub; echo $?
      done; ls sub
      """, in: directory)
    #expect(
      result.text == String(repeating: "2\n", count: 7) + "a.jpg\nrgb-8.png\n", "\(result.text)")
    #expect(result.errors.split(separator: "\n").count == 7, "\(result.errors)")
  }

  /// A table on stdin is said to be one; what cannot be known is not guessed.
  @Test func listsOnStdinHaveTheirFormat() throws {
    let directory = try directory()
    let result = try Workbench.run(
      """
      table() { printf "file${1}thing\\nsub/a.jpg${1}cat\\n"; }
      options="--list - --image-key file --ask=A_{thing}? --jsonl -"
      table , | \(caption) $options --from csv | jq -r .question
      table '\\t' | \(caption) $options --from tsv | jq -r .question
      echo '{"file":"sub/a.jpg","thing":"cow"}' | \(caption) $options --from jsonl | jq -r .question
      echo '[sub/a.jpg' > odd; cp grey.jpg '[sub'; echo '[sub' | \(caption) --list - --from paths | wc -l
      printf 'sub/a.jpg\\0' | \(caption) --list - --from paths0 | wc -l
      \(caption) --list list --from csv --image-key file --print-pipeline | head -1
      \(caption) --from csv sub; echo $?; \(caption) --list list --from parquet; echo $?
      : | \(caption) --list -; echo $?
      """, in: directory)
    #expect(
      result.text == """
        A_cat?
        A_cat?
        A_cow?
        1
        1
        convo-format --from csv --image-key file --ask 'Describe this image.' -- list \\
        2
        2
        0

        """, "\(result.text) \(result.errors)")
    #expect(
      result.errors.contains("warning: found no picture in standard input"), "\(result.errors)")
  }
}
