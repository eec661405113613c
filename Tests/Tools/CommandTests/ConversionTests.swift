// llava-weights as a user runs it: answers stay the same, and what is cut short leaves nothing.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@Suite struct ConversionTests {
  static let tiny = "\(packageRoot)/examples/tiny-llava"

  @Test func theTinyModelAnswersTheSameInEveryLayout() throws {
    let directory = try TemporaryDirectory()
    let result = try Workbench.run(
      """
      set -e
      llava-weights convert -q $TINY --layout llava -o original
      llava-weights convert original --shard-size 1M -o back
      cp -r $TINY/../images .
      for model in $TINY original back; do
        name=$(basename $model)
        (cd images && ls *.jpg) | convo-format -m $model --ask 'Describe this image.' \
          | clip-encode --image-root images -m $model | llava-project -m $model > $name.tsz
        vicuna-decode -m $model $name.tsz > $name.jsonl
      done
      for name in original back; do
        tensor-diff tiny-llava.tsz $name.tsz > /dev/null
        cmp tiny-llava.jsonl $name.jsonl
      done
      """, in: directory, environment: ["TINY": Self.tiny])
    #expect(result.status == 0, "\(result.errors)")
    let answers = try directory.read("back.jsonl")
    #expect(String(decoding: answers, as: UTF8.self).contains("a blue triangle below a purple"))
  }

  /// Wherever the signal finds it, the result is whole or absent.
  @Test func aSignalLeavesNothing() throws {
    let directory = try TemporaryDirectory()
    for delay in 0..<amount(12, soak: 200) {
      let result = try Workbench.run(
        """
        llava-weights convert $TINY --type f32 -o out & sleep 0.\(delay % 3)\(delay % 10)
        kill -TERM $! 2> /dev/null; wait $!
        """, in: directory, environment: ["TINY": Self.tiny])
      #expect([0, 143].contains(result.status), "\(result.errors)")
      let names = directory.names
      #expect(names == [] || names == ["out"], "\(names)")
      if names == ["out"] {
        let whole = try Workbench.run(
          "llava-weights verify -q $TINY out && ls out/config.json out/tokenizer.model",
          in: directory, environment: ["TINY": Self.tiny])
        #expect(whole.status == 0, "\(whole.errors)")
      }
      try? FileManager.default.removeItem(atPath: directory.file("out"))
    }
  }

  /// The signal comes while tensors are written, as the hidden directory shows.
  @Test func aSignalInTheMiddleRemovesWhatWasWritten() throws {
    let directory = try TemporaryDirectory()
    let result = try Workbench.run(
      """
      llava-weights convert $TINY --type f32 -o out & process=$!
      for try in $(seq 1 2000); do ls -d .out.* > /dev/null 2>&1 && break; done
      kill -STOP $process; ls -A > during; kill -TERM $process; kill -CONT $process; wait $process
      """, in: directory, environment: ["TINY": Self.tiny])
    let names = directory.names
    if result.status == 143 {
      #expect(names == ["during"])
    } else {
      #expect(result.status == 0 && names == ["during", "out"], "\(result.errors)")
    }
  }

  @Test func nothingIsLeftWhereADirectoryCannotBeWritten() throws {
    let directory = try TemporaryDirectory()
    // A file that is in the way of the last component stays as it is.
    try directory.write("mine", to: "out")
    let result = try Workbench.run(
      "llava-weights convert $TINY -o out", in: directory, environment: ["TINY": Self.tiny])
    #expect(result.status == 2)
    #expect(result.errors.contains("new or an empty directory"))
    #expect(directory.names == ["out"])
    #expect(try directory.read("out") == Array("mine".utf8))
  }

  @Test func whatIsBrokenBesideTheWeightsIsNotCopied() throws {
    let directory = try TemporaryDirectory()
    let result = try Workbench.run(
      """
      for text in '{' '{}'; do
        rm -rf m; cp -r $TINY m; printf "$text" > m/tokenizer.json
        llava-weights convert m -o out; echo $?
      done
      cp $TINY/tokenizer.json m; ln -sf nowhere m/preprocessor_config.json
      llava-weights convert m -o out; echo $?; echo x.jpg | clip-encode -m m; echo $?
      ls -d out
      """, in: directory, environment: ["TINY": Self.tiny])
    #expect(result.text == "3\n3\n4\n4\n", "\(result.text) \(result.errors)")
    #expect(result.errors.contains("preprocessor_config.json: open: No such file"))
  }

  @Test func anEmptyDirectoryKeepsItsPermissions() throws {
    let directory = try TemporaryDirectory()
    let result = try Workbench.run(
      "mkdir -m 700 out && llava-weights convert $TINY -o out && stat -c %a out",
      in: directory, environment: ["TINY": Self.tiny])
    #expect(result.text == "700\n", "\(result.errors)")
  }
}
