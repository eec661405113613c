// The scripts of examples/recipes, run as they are.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@Suite struct CaptionRecipeTests {
  private func run(_ script: String, _ directory: TemporaryDirectory) throws -> ShellResult {
    try Workbench.run(
      "mkdir photos; cp grey.jpg rgb-8.png cut.jpg photos\n" + script, in: directory,
      environment: [
        "RECIPES": "\(packageRoot)/examples/recipes",
        "LLAVA_MODEL": "\(packageRoot)/examples/tiny-llava",
      ])
  }

  @Test func sidecarsHaveTheirTrigger() throws {
    let result = try run(
      "TRIGGER='sks dog' $RECIPES/sidecars.sh photos 2> log; echo $?; head -qc 9 photos/*.txt",
      try Workbench.bare())
    #expect(result.text == "1\nsks dog, sks dog, ", "\(result.text) \(result.errors)")
  }

  /// All files of the makefile go where OUT says, and none beside it.
  @Test func theFoldersMakefileWritesWhereItIsTold() throws {
    let result = try run(
      """
      make -s -C $RECIPES/../caption-folder PATH="$PATH" PHOTOS=$PWD/photos OUT=$PWD/to/out 2> log; echo $?
      ls to/out; jq -r .image to/out/captions.jsonl
      make -s -C $RECIPES/../caption-folder PATH="$PATH" PHOTOS=$PWD/photos OUT=$PWD/to/out clean; ls to/out
      """, try Workbench.bare())
    #expect(
      result.text == """
        0
        captions.jsonl
        features.tsz
        inputs.txt
        list.txt
        prompts.jsonl.zst
        cut.jpg
        grey.jpg
        rgb-8.png

        """, "\(result.text) \(result.errors)")
  }

  @Test func threeQuestionsMakeATable() throws {
    let result = try run(
      """
      $RECIPES/three-questions.sh photos answers.tsv 2> log; echo $?
      $RECIPES/three-questions.sh photos answers.tsv 2> log
      cut -f 1,2 answers.tsv
      """, try Workbench.bare())
    let questions = ["Describe this image.", "Is there a person?", "Is it day or night?"]
    let rows = ["grey.jpg", "rgb-8.png"].flatMap { name in questions.map { "photos/\(name)\t\($0)" }
    }
    #expect(
      result.text == (["1", "image\tquestion"] + rows).map { $0 + "\n" }.joined(),
      "\(result.errors)")
  }

  @Test func rowsOfCSVAreAsked() throws {
    let result = try run(
      """
      # The first row's picture is not there, and its note is empty.
      printf 'id,image,label,note\\n7,photos/none.jpg,cat,\\n8,photos/grey.jpg,"a ""dog"" ","one\\ntwo"\\n' \\
        > in.csv
      ASK='Is it {label}?' $RECIPES/csv.sh in.csv > out.csv; echo $?
      convo-format --from csv out.csv --ask x --plain \\
        | jq -c '[.id, .label, .note, (.answer // "" | length > 0)]'
      """, try Workbench.bare())
    #expect(
      result.text == """
        1
        ["7","cat",null,false]
        ["8","a \\"dog\\" ","one\\ntwo",true]

        """, "\(result.text) \(result.errors)")
  }

  @Test func sharesMakeTheWhole() throws {
    let result = try run(
      """
      for share in 0 1 2; do
        SLURM_ARRAY_TASK_ID=$share SLURM_ARRAY_TASK_COUNT=3 $RECIPES/share.sh photos out 2> log
      done
      wc -l < out/0.jsonl; jq -r .image out/*.jsonl | sort
      SHARE=1 $RECIPES/share.sh photos out; echo $?
      for share in 1 2 3; do SHARES=3 SHARE=$share $RECIPES/share.sh photos one 2> log; done
      cat one/*.jsonl | wc -l
      """, try Workbench.bare())
    #expect(
      result.text == "1\nphotos/grey.jpg\nphotos/rgb-8.png\n1\n2\n",
      "\(result.text) \(result.errors)")
  }

  /// With a stand-in for inotifywait, which names what has come.
  @Test func whatComesIsCaptioned() throws {
    let result = try run(
      """
      mkdir bin; cat > bin/inotifywait << 'END'
      #!/bin/sh
      for name in grey.jpg notes.txt cut.jpg rgb-8.png; do echo "photos/$name"; done
      END
      chmod +x bin/inotifywait
      PATH=$PWD/bin:$PATH $RECIPES/watch.sh photos 2> log; echo $?
      ls photos/*.txt
      """, try Workbench.bare())
    #expect(
      result.text == "1\nphotos/grey.txt\nphotos/rgb-8.txt\n", "\(result.text) \(result.errors)")
  }

  @Test func pythonAsksOneByOne() throws {
    let result = try run(
      """
      command -v python3 > none || { echo skipped; exit; }
      python3 $RECIPES/ask.py 'Describe this image.' photos/grey.jpg photos/cut.jpg photos/rgb-8.png \
        2> log; echo $?
      """, try Workbench.bare())
    let lines = result.text.split(separator: "\n")
    try #require(lines != ["skipped"], "python3 is not installed")
    #expect(lines.count == 4 && lines[1] == "photos/cut.jpg\tNone" && lines[3] == "1")
    #expect(lines[0].hasPrefix("photos/grey.jpg\t") && !lines[0].hasSuffix("None"))
  }
}
