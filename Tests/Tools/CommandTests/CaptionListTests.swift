// llava-caption's lists and questions from files, its stop, its times, what cannot be written.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@Suite struct CaptionListTests {
  private let caption = "llava-caption --max-tokens 4"

  private func directory() throws -> TemporaryDirectory {
    let directory = try Workbench.bare()
    let made = try Workbench.run("mkdir photos; cp grey.jpg rgb-8.png photos", in: directory)
    try #require(made.status == 0, "\(made.errors)")
    return directory
  }

  /// Rows ask what they say, two rows about one picture are answered together, and the pipeline that is
  /// printed asks the same.
  @Test func rowsHaveQuestionsOfTheirOwn() throws {
    let directory = try directory()
    let result = try Workbench.run(
      """
      printf 'file,thing\\ngrey.jpg,"a ""red"" dog"\\nrgb-8.png,\\nnone.jpg,x\\ngrey.jpg,cat\\n' > list.csv
      list="--list list.csv --image-key file --ask=Is_there_{thing}?"
      \(caption) $list --jsonl - 2> log | jq -r .question; cat log
      \(caption) $list --tsv rows.tsv 2> log; \(caption) $list --tsv rows.tsv 2>> log; cut -f1 rows.tsv
      \(caption) $list --print-pipeline > script; bash script 2> log > theirs; wc -l < theirs
      \(caption) -q $list > ours 2> log; cmp ours theirs
      echo grey.jpg | \(caption) --list - | wc -l
      echo '{"id":"1","image":["grey.jpg","rgb-8.png"]}' | \(caption) --list -; echo $?
      echo '{"id":"1","text":"hi"}' | \(caption) --list -; echo $?
      echo '{"id":' | \(caption) --list -; echo $?
      """, in: directory)
    #expect(
      result.text == """
        Is_there_a "red" dog?
        Is_there_cat?
        llava-caption: rgb-8.png: the record has no `thing` for {thing} in the question: skipped (if the \
        braces are text, write {{thing}})
        llava-caption: none.jpg: no such file: skipped
        llava-caption: reasons of skips: path/missing 1, record/question-member 1
        llava-caption: 1 done, 2 skipped
        image
        grey.jpg
        grey.jpg
        2
        1
        1
        1
        1

        """, "\(result.text) \(result.errors)")
    let places = ["expected one image, found 2", "expected an `image`, found none", "line 1"]
    for place in places { #expect(result.errors.contains(place), "\(result.errors)") }
    for (options, message) in [
      ("--image-key file photos", "--image-key goes with --list"), ("", "expected pictures or"),
      ("--list a photos --print-pipeline", "--print-pipeline prints one pipeline"),
      ("--list /nowhere", "/nowhere: open: No such file"),
    ] {
      let refused = try Workbench.run("\(caption) \(options)", in: directory)
      #expect(refused.status == 2 || options.contains("nowhere"))
      #expect(refused.errors.contains(message), "\(refused.errors)")
    }
  }

  /// Lines of a file come before --ask, as convo-format has them, and white space around them goes.
  @Test func questionsOfAFileComeFirst() throws {
    let directory = try directory()
    let result = try Workbench.run(
      """
      printf '  one \\n\\ntwo\\r\\n' > asked; : > empty
      \(caption) --ask three --ask-file asked --jsonl - grey.jpg | jq -r .question
      echo grey.jpg | convo-format --ask three --ask-file asked | zstd -dc | jq -r .question
      \(caption) --ask-file empty grey.jpg; echo $?
      \(caption) -q --system=-x --ask=-y --jsonl - ./grey.jpg | jq -r .question
      cp grey.jpg ./-a.jpg; \(caption) -q -- -a.jpg | wc -l
      \(caption) --print-pipeline -- -a.jpg photos > script; bash script | wc -l
      """, in: directory)
    #expect(
      result.text == "one\ntwo\nthree\none\ntwo\nthree\n3\n-y\n1\n3\n",
      "\(result.text) \(result.errors)")
  }

  /// A caption that no file can take costs no answer, and ends nothing.
  @Test func whatCannotBeWrittenIsSkipped() throws {
    let directory = try directory()
    let result = try Workbench.run(
      """
      cd photos; mkdir grey.txt; name=$(printf 'n%.0s' $(seq 251)).jpg; cp grey.jpg $name
      mkfifo fifo.txt; cp grey.jpg fifo.jpg
      truncate -s 20M rgb-8.txt
      \(caption) --sidecar .txt --existing append . ; echo $?
      \(caption) -q --sidecar .caption --existing append . ; echo $?; ls -A | grep -c caption
      """, in: directory)
    #expect(result.text == "1\n1\n3\n", "\(result.text) \(result.errors)")
    let lines = result.errors.split(separator: "\n").filter { $0.hasSuffix(": skipped") }
    #expect(lines.count == 4, "\(result.errors)")
    #expect(result.errors.contains("file/not-regular 2, file/too-large 1"), "\(result.errors)")
    #expect(result.errors.contains("would have 259 bytes"), "\(result.errors)")
  }

  /// What is no picture's path, and questions of any length, are skipped; the rest is answered.
  @Test func strangePicturesOfAListAreSkipped() throws {
    let directory = try directory()
    let result = try Workbench.run(
      """
      tar cf shard.tar grey.jpg
      long=$(head -c 70000 /dev/zero | tr '\\0' x)
      printf '{"image":"%s","thing":"%s"}\n' grey.jpg cat \
        "data:image/jpeg;base64,$(base64 -w0 grey.jpg)" cat grey.jpg "$long" "$long" cat \
        rgb-8.png dog shard.tar/grey.jpg cat > list.jsonl
      \(caption) --list list.jsonl --ask 'A {thing}?' --jsonl - 2> log | jq -r .image; wc -c < log
      \(caption) --list list.jsonl --ask 'A {thing}?' --sidecar .txt 2> log; echo $?; ls *.txt
      grep -cE 'skipped( [(]|$)' log
      """, in: directory)
    let lines = result.text.split(separator: "\n")
    try #require(lines.count == 8, "\(result.text) \(result.errors)")
    #expect(lines[..<3] == ["grey.jpg", "rgb-8.png", "shard.tar/grey.jpg"], "\(result.text)")
    #expect(Int(lines[3].filter(\.isNumber)).map { $0 < 80_000 } == true, "\(lines[3])")
    #expect(lines[4...] == ["1", "grey.txt", "rgb-8.txt", "5"], "\(result.text)")
  }

  /// A stop says how far it came, and ends as a signal ends a program.
  @Test func aStopSaysWhatIsDone() throws {
    let directory = try directory()
    let result = try Workbench.run(
      """
      for number in $(seq 400); do cp grey.jpg photos/$number.jpg; done
      \(caption) --batch 1 --jsonl table photos 2> log & pid=$!
      until test -s table; do sleep 0.02; done
      kill -TERM $pid; wait $pid; echo $?; sed 's/ [0-9]* of/ N of/' log
      jq -r .image table | wc -l > lines; read lines < lines; test $lines -gt 0 && test $lines -lt 402
      echo $?; pgrep -P $pid
      """, in: directory)
    #expect(
      result.text
        == "143\nllava-caption: stopped: N of 402 pictures done; run the same command to continue\n0\n",
      "\(result.text) \(result.errors)")
  }

  /// Where the time went: a table of the tools, and of each tool a line.
  @Test func timesAreTold() throws {
    let directory = try directory()
    let result = try Workbench.run(
      """
      \(caption) -v photos 2>&1 > words | awk '{ print $1, NF }'
      find photos -type f | convo-format -v --ask a 2> 1 | clip-encode -v 2> 2 | llava-project -v 2> 3 \
        | vicuna-decode -v --max-tokens 2 2> 4 > words
      for file in 1 2 3 4; do
        grep ' rest ' $file | sed 's/[0-9][0-9]*[.][0-9][0-9] s/T/g'
        grep ' rest ' $file | tr ',:' '\\n' | awk '/ s$/ { sum += last; last = $(NF - 1) }
          END { exit sum - last > 0.06 || last - sum > 0.06 }' || echo sums
      done
      find photos -type f | convo-format -v --ask a --errors json 2>&1 > words | jq -r '.seconds | keys[]?'
      \(caption) -v --errors json photos 2>&1 > words \
        | jq -r 'select(.code == "times") | .tool + " " + .place + " " + (.seconds | keys[1:] | join(","))'
      """, in: directory)
    #expect(
      result.text == """
        tool 3
        convo-format 3
        input 2
        prompts 2
        output 2
        rest 2
        clip-encode 3
        input 2
        pictures 2
        tower 2
        output 2
        rest 2
        llava-project 3
        input 2
        projector 2
        output 2
        rest 2
        vicuna-decode 3
        input 2
        prompts 2
        output 2
        answers 2
        rest 2
        llava-caption: 5
        convo-format: start T, input T, prompts T, output T, rest T: T
        clip-encode: start T, input T, pictures T, tower T, output T, rest T: T
        llava-project: start T, input T, projector T, output T, rest T: T
        vicuna-decode: start T, input T, prompts T, output T, answers T, rest T: T
        input
        output
        prompts
        rest
        start
        llava-caption convo-format output,prompts,rest,start
        llava-caption clip-encode output,pictures,rest,start,tower
        llava-caption llava-project output,projector,rest,start
        llava-caption vicuna-decode input,output,prompts,rest,start

        """,
      "\(result.text) \(result.errors)")
  }
}
