// llava-weights quantize as a user runs it: models in GGUF files that say what the model says.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@Suite struct QuantizeTests {
  private static let tiny = ["TINY": "\(packageRoot)/examples/tiny-llava"]

  private static let captions = """
    set -e
    captions() {
      ls $TINY/../images/*.jpg | head -${2:-3} | convo-format -m $1 --ask 'Describe this image.' \
        | clip-encode -m $1 | llava-project -m $1 | vicuna-decode -m $1 --max-tokens 24 | jq -r .text
    }
    captions $TINY > wanted

    """

  /// From the picture on, with nothing but what the files say.
  @Test func f32SaysTheSame() throws {
    let directory = try TemporaryDirectory()
    let result = try Workbench.run(
      Self.captions + """
        llava-weights quantize $TINY -o out --format F32 --vision-format F32
        captions out > found; cmp wanted found; wc -l < found
        for model in $TINY out; do
          ls $TINY/../images/*.jpg | head -1 | convo-format -m $model --ask 'What is this?' \
            | clip-encode -m $model | llava-project -m $model \
            | vicuna-decode -m $model --emit logits > $(basename $model).logits
        done
        tensor-diff tiny-llava.logits out.logits > /dev/null
        """, in: directory, environment: Self.tiny, timeout: 300)
    #expect(result.status == 0 && result.text == "3\n", "\(result.text) \(result.errors)")
    #expect(result.errors == "", "\(result.errors)")
  }

  @Test(arguments: ["F16", "Q8_0", "q5_k_m"]) func nearFormatsSayTheSame(format: String)
    throws
  {
    let directory = try TemporaryDirectory()
    let result = try Workbench.run(
      Self.captions + """
        llava-weights quantize -q $TINY -o out --format \(format)
        captions out > found; cmp wanted found
        llava-weights inspect out | grep -c 'a model: all parts are here'
        """, in: directory, environment: Self.tiny, timeout: 300)
    #expect(result.status == 0 && result.text == "1\n", "\(result.text) \(result.errors)")
  }

  /// Four bits are what they decode to, by any way to compute with them; and the line of what happened.
  @Test func fourBitsAreWhatTheyDecodeTo() throws {
    let directory = try TemporaryDirectory()
    let result = try Workbench.run(
      Self.captions + """
        llava-weights quantize -v $TINY -o out 2> told
        captions out 2 > found; head -2 wanted | cmp - found
        llava-weights convert -q -o decoded out
        for model in out decoded; do
          echo '{"id":"a","conversations":[{"from":"human","value":"What is this?"}]}' \
            | convo-format -m $model | vicuna-decode -m $model --precision f32 --emit logits \
            > $model.logits
        done
        tensor-diff out.logits decoded.logits > /dev/null
        llava-weights verify --part projector $TINY out > /dev/null || test $? = 1
        ls out; cat told
        """, in: directory, environment: Self.tiny, timeout: 300)
    #expect(result.status == 0, "\(result.errors)")
    let lines = result.text.split(separator: "\n").map(String.init)
    #expect(lines.prefix(2) == ["mmproj-Q8_0.gguf", "model-Q4_K_M.gguf"])
    #expect(lines.count == 4, "\(lines)")
    #expect(
      lines[2]
        == "llava-weights: warning: the rows of 26 of 128 tensors do not divide into blocks of their"
        + " format, so that these get another: 23 Q5_0 instead of Q4_K, 3 Q8_0 instead of Q6_K")
    #expect(lines[3].hasPrefix("llava-weights: 128 tensors, "))
  }

  @Test func aFileBecomesAnotherWithALine() throws {
    let directory = try TemporaryDirectory()
    let result = try Workbench.run(
      """
      set -e
      llava-weights quantize -q $TINY -o first --format Q8_0
      llava-weights quantize first/model-Q8_0.gguf -o second --format Q5_1
      llava-weights inspect second > /dev/null
      llava-weights quantize first -o same --format Q8_0 -j 1
      cmp first/model-Q8_0.gguf same/model-Q8_0.gguf; cmp first/mmproj-Q8_0.gguf same/mmproj-Q8_0.gguf
      """, in: directory, environment: Self.tiny)
    #expect(result.status == 0, "\(result.errors)")
    let lines = result.errors.split(separator: "\n").map(String.init)
    #expect(lines.count == 2, "\(result.errors)")
    #expect(lines[0].contains("had blocks before (Q8_0)"), "\(result.errors)")
    #expect(lines[1].contains("rows of 1 of 128 tensors"), "\(result.errors)")
  }

  @Test func wrongUsageIsTold() throws {
    let directory = try TemporaryDirectory()
    for (arguments, status, words) in [
      ("$TINY -o out --format Q2_K", 64, "Q2_K"), ("$TINY -o out --format 4", 64, "4"),
      ("$TINY -o out --vision-format Q4_0", 64, "Q4_0"), ("$TINY", 64, "--output"),
      ("-o out", 64, "model"), ("$TINY -o -", 64, "cannot be stdout"),
      ("$TINY -o out -j 0", 64, "--threads must be"), ("$TINY -o out -j 5000", 64, "--threads"),
      ("nowhere -o out", 4, "nowhere"), ("$TINY -o $TINY/out", 2, "directory of an input"),
      ("$TINY/model.safetensors/x -o out", 4, "no such file"),
    ] {
      let result = try Workbench.run(
        "llava-weights quantize \(arguments)", in: directory, environment: Self.tiny)
      #expect(
        result.status == status || (status == 64 && result.status == 2),
        "\(arguments): \(result.status) \(result.errors)")
      #expect(result.errors.contains(words), "\(arguments): \(result.errors)")
      #expect(directory.names == [], "\(arguments)")
    }
    let result = try Workbench.run(
      "LLAVA_THREADS=many llava-weights quantize $TINY -o out", in: directory,
      environment: Self.tiny)
    #expect(result.status == 2 && result.errors.contains("LLAVA_THREADS"), "\(result.errors)")
  }

  @Test func aFullDiskLeavesNothing() throws {
    let directory = try TemporaryDirectory()
    for blocks in [1, 100, 700] {
      let result = try Workbench.run(
        "ulimit -f \(blocks); llava-weights quantize -q $TINY -o out; echo $?; ls -A",
        in: directory, environment: Self.tiny)
      #expect(result.text == "4\n", "\(blocks): \(result.text)")
      #expect(result.errors.contains("File too large (raise ulimit -f)"), "\(result.errors)")
    }
  }

  /// Wherever the signal finds it, the result is whole or absent.
  @Test func aSignalLeavesNothing() throws {
    let directory = try TemporaryDirectory()
    for delay in 0..<amount(6, soak: 100) {
      let result = try Workbench.run(
        """
        llava-weights quantize -q $TINY -o out & sleep 0.\(delay % 4)\(delay % 10)
        kill -TERM $! 2> /dev/null; wait $!
        """, in: directory, environment: Self.tiny)
      #expect([0, 143].contains(result.status), "\(result.errors)")
      let names = directory.names
      #expect(names == [] || names == ["out"], "\(names)")
      if names == ["out"] {
        let whole = try Workbench.run("llava-weights inspect -q out", in: directory)
        #expect(whole.status == 0, "\(whole.errors)")
      }
      try? FileManager.default.removeItem(atPath: directory.file("out"))
    }
  }

  /// A file that is cut, or is another, ends in one line.
  @Test func damagedModelsEndInOneLine() throws {
    let directory = try TemporaryDirectory()
    let result = try Workbench.run(
      """
      llava-weights quantize -q $TINY -o whole --format Q8_0
      for size in 0 100 200000 1984000; do
        mkdir -p cut; cp whole/mmproj-Q8_0.gguf cut; head -c $size whole/model-Q8_0.gguf > cut/model.gguf
        llava-weights quantize cut -o out; echo $?
      done
      """, in: directory, environment: Self.tiny)
    let statuses = result.text.split(separator: "\n").map(String.init)
    #expect(statuses.count == 4 && statuses.allSatisfy { ["3", "6"].contains($0) }, "\(statuses)")
    #expect(result.errors.split(separator: "\n").count == 4, "\(result.errors)")
    #expect(directory.names == ["cut", "whole"])
  }
}
