// llava-caption: folders in, text, tables and sidecars out; runs that are killed; what it says.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import TestSupport
import Testing

@Suite struct LlavaCaptionTests {
  /// A folder with five pictures, two of them in a directory, and a cut one.
  private func folder() throws -> TemporaryDirectory {
    let directory = try Workbench.bare()
    let made = try Workbench.run(
      """
      mkdir -p photos/sub
      cp grey.jpg photos; cp rgb-8.png 'photos/two words.png'; cp cut.jpg photos
      cp baseline-420.jpg $'photos/sub/odd\\xe9.jpg'; cp raw-255.ppm $'photos/sub/two\\nlines.ppm'
      cp progressive-444.jpg photos/sub
      """, in: directory)
    try #require(made.status == 0, "\(made.errors)")
    return directory
  }

  private let caption = "llava-caption --max-tokens 6"

  /// The same words as the pipeline that people would write, and as the one that it prints.
  @Test func itSaysWhatThePipelineSays() throws {
    let directory = try folder()
    let result = try Workbench.run(
      """
      \(caption) photos > ours 2> log; echo $?
      \(caption) --print-pipeline photos > script
      bash script > theirs 2> /dev/null
      # What is no text cannot be in a record: there the tool has a way, and the pipeline has not.
      sed '/odd/d; s/two.nlines/two lines/' ours | cmp - theirs
      \(caption) --print-pipeline photos --jsonl kept > script; bash script 2> /dev/null
      jq -r 'select(.image).text' kept | wc -l
      cut -d: -f1 ours; cat log
      """, in: directory)
    #expect(
      result.text == """
        1
        4
        photos/grey.jpg
        photos/sub/odd\\xE9.jpg
        photos/sub/progressive-444.jpg
        photos/sub/two\\nlines.ppm
        photos/two words.png
        llava-caption: photos/cut.jpg: the JPEG data ends without an end marker: skipped
        llava-caption: reasons of skips: image/truncated 1
        llava-caption: 5 done, 1 skipped

        """, "\(result.text) \(result.errors)")
  }

  @Test func onePictureIsBareText() throws {
    let directory = try folder()
    let result = try Workbench.run(
      """
      \(caption) photos/grey.jpg > one; wc -l < one
      echo photos/grey.jpg | convo-format --ask 'Describe this image.' | clip-encode | llava-project \
        | vicuna-decode --max-tokens 6 | jq -r .text | cmp - one
      \(caption) photos/grey.jpg --prefix 'a photo: ' --suffix . | grep -c '^a photo: .*[.]$'
      """, in: directory)
    #expect(result.text == "1\n1\n", "\(result.text) \(result.errors)")
  }

  @Test func tablesGoOnWhereTheyAre() throws {
    let directory = try folder()
    let result = try Workbench.run(
      """
      \(caption) -q --ask one --ask two --jsonl whole.jsonl photos; echo $?
      \(caption) -q --ask one --ask two --tsv whole.tsv photos; echo $?
      for file in whole.jsonl whole.tsv; do
        option=--${file#whole.}
        head -c $(($(stat -c %s $file) / 2)) $file > part
        \(caption) -q --ask one --ask two $option part photos; echo $?
        cmp part $file
        \(caption) --ask two $option part photos 2> log; grep -c 'have captions already' log
        cmp part $file
      done
      jq -r '[.image, .question, .text, .finish_reason] | length' whole.jsonl | sort | uniq -c
      tail -n +2 whole.tsv | awk -F '\\t' '{ print NF }' | sort | uniq -c
      """, in: directory)
    #expect(
      result.text == "1\n1\n1\n1\n1\n1\n     10 4\n     10 3\n", "\(result.text) \(result.errors)")
  }

  @Test func sidecarsStandBesideThePictures() throws {
    let directory = try folder()
    let result = try Workbench.run(
      """
      echo mine > photos/grey.txt
      \(caption) --sidecar .txt photos 2> log; echo $?
      cat photos/grey.txt; ls -A photos photos/sub | grep -c 'txt$'; cat log
      \(caption) -q --sidecar .txt --existing append --joint ', ' photos
      grep -c '^mine, ' photos/grey.txt
      find photos -name '.*' | wc -l
      touch photos/grey.png; \(caption) --sidecar .txt photos; echo $?
      """, in: directory)
    #expect(
      result.text == """
        1
        mine
        5
        llava-caption: 1 of 6 pictures has a caption already, whatever the question was (--existing overwrite \
        replaces them, --existing append adds to them, another --sidecar writes others)
        llava-caption: photos/cut.jpg: the JPEG data ends without an end marker: skipped
        llava-caption: reasons of skips: image/truncated 1
        llava-caption: 4 done, 1 skipped
        1
        0
        2

        """, "\(result.text)")
    #expect(
      result.errors.hasSuffix(
        "photos/grey.jpg and photos/grey.png would share photos/grey.txt (add --full-names: a.jpg.txt"
          + " beside a.jpg)\n"), "\(result.errors)")
  }

  /// Killed again and again at any moment, it adds each caption once. Who is killed after the end of
  /// its work, which the journals say, has done it.
  @Test func killedRunsAddNothingTwice() throws {
    let directory = try folder()
    let result = try Workbench.run(
      """
      for picture in photos/*.* photos/sub/*; do echo old > "${picture%.*}.txt"; done
      run='\(caption) -q --sidecar .txt --existing append photos'
      ended() {
        test $(cat photos/*.txt photos/sub/*.txt | wc -l) -eq 11 || return
        for journal in $(find photos -name '.*journal'); do
          tail -n 1 $journal | grep -q finished || return
        done
      }
      for wait in 0.05 0.2 0.3 0.4 0.5 0.6; do
        $run & pid=$!; sleep $wait; kill -9 $pid; wait $pid; status=$?
        test $status -eq 137 && ! ended || break
      done 2> /dev/null
      ended || $run
      find photos -name '*.txt' -exec wc -l {} + | awk '{ print $1 }' | sort | uniq -c
      find photos -name '.*journal' -exec tail -n 1 {} ';' | grep -vc finished
      """, in: directory)
    // Five have a second line, the cut one's and the total have 1 and 11.
    #expect(
      result.text == "      1 1\n      1 11\n      5 2\n0\n", "\(result.text) \(result.errors)")
  }

  @Test func questionsNameThePicture() throws {
    let directory = try folder()
    let result = try Workbench.run(
      """
      \(caption) -q --ask 'Is {image.name} in {image.directory}?' --jsonl - photos/sub | jq -r .question
      \(caption) --ask 'a {label}' photos; echo $?
      \(caption) --ask 'a {"json"}' photos; echo $?
      \(caption) --ask 'in {image.directory}' grey.jpg; echo $?
      """, in: directory)
    #expect(
      result.text == """
        Is odd\\xE9 in sub?
        Is progressive-444 in sub?
        Is two
        lines in sub?
        2
        2
        2

        """, "\(result.text) \(result.errors)")
    #expect(result.errors.split(separator: "\n").count == 3, "\(result.errors)")
  }

  @Test func whatEndsAToolIsToldOnce() throws {
    let directory = try folder()
    for (options, status, message) in [
      (
        "-m /nowhere", 4,
        "llava-caption: convo-format: /nowhere: there is no such file or directory"
      ),
      ("--template none", 2, "llava-caption: convo-format: --template must be one of"),
    ] {
      let result = try Workbench.run("\(caption) \(options) photos", in: directory)
      #expect(result.status == status, "\(result.errors)")
      #expect(result.errors.hasPrefix(message), "\(result.errors)")
      #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
      #expect(result.output.isEmpty)
    }
    let empty = try Workbench.run("mkdir none; \(caption) none; echo $?", in: directory)
    #expect(empty.text == "0\n")
    #expect(empty.errors == "llava-caption: warning: found no picture in none\n")
  }

  /// With answers that may be asked for again the pipeline waits for more; not for tools that are gone.
  @Test func nothingWaitsForToolsThatAreGone() throws {
    let directory = try folder()
    for option in ["--batch 0", "-j 0", "--max-tokens 0"] {
      let result = try Workbench.run(
        "timeout 20 llava-caption --retry 1 --require x \(option) photos/grey.jpg", in: directory)
      #expect(result.status == 2, "\(option): \(result.errors)")
      #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    }
  }

  /// More directories than journals are open at a time; another run's choice is none of this one's.
  @Test func manyDirectoriesHaveTheirJournals() throws {
    let directory = try folder()
    let result = try Workbench.run(
      """
      for number in $(seq 70); do mkdir -p many/$number; cp grey.jpg many/$number; done
      \(caption) -q --sidecar .txt --existing append many; echo $?
      find many -name grey.txt | wc -l; find many -name '.*' | wc -l
      ln -s ../../precious many/1/.llava-caption.journal; echo mine > precious
      \(caption) -q --sidecar .txt --existing append many/1; echo $?; cat precious
      echo notes > many/2/.llava-caption.journal
      \(caption) -q --sidecar .txt --existing append many/2; echo $?
      cat many/2/.llava-caption.journal
      for name in .png .JPG txt; do \(caption) --sidecar $name photos; echo $?; done 2> log
      """, in: directory)
    #expect(
      result.text == "0\n70\n0\n1\nmine\n1\nnotes\n2\n2\n2\n", "\(result.text) \(result.errors)")
  }

  /// Answers that lack a word are drawn again, the same ones in every run.
  @Test func answersAreDrawnAgain() throws {
    let directory = try folder()
    let result = try Workbench.run(
      """
      \(caption) --require nothing-has-this photos/grey.jpg > first 2> log; grep -c 'lacks' log
      \(caption) -q --require nothing-has-this --retry 3 photos/grey.jpg photos/sub > a
      \(caption) -q --require nothing-has-this --retry 3 photos/grey.jpg photos/sub > b
      cmp a b; wc -l < a
      sed 's/.*: //' a | head -1 | cmp -s - first || echo other
      """, in: directory)
    #expect(result.text == "1\n4\nother\n", "\(result.text) \(result.errors)")
  }

  /// The pipe's own text, table and files, and records that say how they are answered.
  @Test func thePipeWritesTextTablesAndFiles() throws {
    let directory = try folder()
    let result = try Workbench.run(
      """
      find photos -name '*.jpg' -o -name '*.p?[mg]' | LC_ALL=C sort | grep -v lines > list
      convo-format --ask one --ask two list | clip-encode -q | llava-project -q > projected
      decode() { vicuna-decode -q --max-tokens 5 "$@" projected; }
      decode > records; echo $?
      jq -r '.text // "" | gsub("[\\r\\n]+"; " ")' records > texts
      decode --format text | cmp - texts
      jq -r 'select(.text) | [.image, .question, .text] | @tsv' records > table
      decode --format tsv | tail -n +2 | cmp - table
      vicuna-decode --max-tokens 5 --format sidecar projected | wc -c
      sed 1d photos/grey.txt > second
      jq -r 'select(.image == "photos/grey.jpg").text' records | sed 1d | cmp - second
      echo '{"id":"../outside","text":"hi"}' | convo-format | vicuna-decode --format sidecar
      ls ../outside.txt 2> none
      cat photos/grey.txt | head -1; jq -r 'select(.image == "photos/grey.jpg").text' records | head -1
      grep grey list | jq -cR '{ image: ., text: "Describe the image.", max_tokens: 2 },
        { image: ., text: "x", temperature: "hot" }' \
        | convo-format | clip-encode | llava-project | vicuna-decode \
        | jq -r '.completion_tokens // .skipped.code'
      decode --format text -z; echo $?
      """, in: directory)
    let lines = result.text.split(separator: "\n", omittingEmptySubsequences: false)
    try #require(lines.count == 8, "\(result.text) \(result.errors)")
    #expect(lines[0] == "1" && lines[1] == "0" && lines[2] == lines[3], "\(result.text)")
    #expect(lines[4] == "2" && lines[5] == "chat/parameter" && lines[6] == "2", "\(result.text)")
    #expect(
      result.errors.contains("1 record had no picture to write a text beside"), "\(result.errors)"
    )
  }
}
