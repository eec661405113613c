// The pipe on GGUF files that are made of the bundled models, against the same on those models.
// SPDX-License-Identifier: Apache-2.0
import CPU
import Checkpoints
import GGUFWriting
import InputOutput
import JSON
import TestSupport
import Testing

@Suite struct GGUFTests {
  private static let tiny = "\(packageRoot)/examples/tiny-llava"

  /// The bundled model as two files in a directory of its own.
  private static func model(
    _ language: GGUFKind, _ tower: GGUFConversion.Tower, from path: String = tiny
  ) throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory()
    let conversion = try GGUFConversion(path)
    try conversion.language(language).write(to: directory.file("model.gguf"))
    try conversion.projector(tower).write(to: directory.file("mmproj.gguf"))
    return directory
  }

  /// The captions of three pictures; `--aspect crop` because the bundled model was trained so, which a
  /// projector's file does not say.
  private func captions(_ model: String, options: String = "") throws -> ShellResult {
    try Shell.bash(
      """
      set -e
      ls \(packageRoot)/examples/images/*.jpg | head -3 \
        | convo-format -m \(model) --ask 'Describe this image.' \
        | clip-encode -m \(model) --aspect crop | llava-project -m \(model) \
        | vicuna-decode -m \(model) --max-tokens 24 \(options) | jq -r .text
      """, timeout: 300)
  }

  private func answers(_ result: ShellResult) throws -> [String] {
    try #require(result.status == 0, "\(result.errors)")
    let lines = result.text.split(separator: "\n").map(String.init)
    #expect(lines.count == 3)
    return lines
  }

  @Test func bf16IsTheModelItself() throws {
    let directory = try Self.model(.bf16, .init(kind: .bf16))
    let wanted = try answers(captions(Self.tiny))
    #expect(try answers(captions(directory.path)) == wanted)
    // Streams, too, bit by bit: rows come back into their order, and the same blocks are run.
    let script = """
      set -e
      for model in \(Self.tiny) \(directory.path); do
        ls \(packageRoot)/examples/images/*.jpg | head -2 | convo-format --ask 'What is this?' \
          | clip-encode -m $model --aspect crop | llava-project -m $model > projected
        vicuna-decode -m $model --emit logits projected > $(basename $model).logits
      done
      tensor-diff tiny-llava.logits $(basename \(directory.path)).logits
      """
    let result = try Shell.bash(script, in: try TemporaryDirectory(), timeout: 300)
    #expect(result.status == 0, "\(result.text) \(result.errors)")
  }

  @Test(arguments: [GGUFKind.f16, .q80]) func nearFormatsSayTheSame(kind: GGUFKind) throws {
    let directory = try Self.model(
      kind, .init(kind: .f16, swapsMLP: kind == .f16, isWhole: kind == .q80))
    #expect(try answers(captions(directory.path)) == answers(captions(Self.tiny)))
  }

  /// Four bits say something else; what they say is the same in f32, by the blocks and by a model that
  /// holds what they decode to.
  @Test func fourBitsAreWhatTheyDecodeTo() throws {
    let directory = try Self.model(.q40, .init(kind: .f16))
    let result = try Shell.bash(
      """
      set -e
      llava-weights convert -o decoded gguf
      for model in gguf decoded; do
        echo '{"id":"a","conversations":[{"from":"human","value":"What is this?"}]}' \
          | convo-format -m $model | vicuna-decode -m $model --precision f32 --emit logits \
          > $model.logits
      done
      tensor-diff gguf.logits decoded.logits
      """.replacingGGUF(directory.path), in: try TemporaryDirectory(), timeout: 300)
    #expect(result.status == 0, "\(result.text) \(result.errors)")
  }

  /// Integers give the same bytes by every set of kernels, and at every batch; bf16 others, close by.
  @Test(arguments: [GGUFKind.q40, .q80]) func integersAreTheSameEverywhere(kind: GGUFKind) throws {
    let directory = try Self.model(kind, .init(kind: kind))
    let result = try Shell.bash(
      """
      set -e
      ls \(packageRoot)/examples/images/*.jpg | head -2 | convo-format -m gguf --ask 'What is this?' \
        > asked
      for set in \(KernelSet.runnable.map(\.name).joined(separator: " ")); do
        export LLAVA_CPU=$set
        clip-encode -m gguf --aspect crop asked | llava-project -m gguf > $set.projected
        vicuna-decode -m gguf --emit logits $set.projected > $set.logits
        vicuna-decode -m gguf --batch 1 -j 1 --max-tokens 12 $set.projected | jq -r .text > $set.text
      done
      unset LLAVA_CPU
      for set in *.projected; do cmp scalar.projected $set; done
      for set in *.logits; do tensor-diff scalar.logits $set; done
      for set in *.text; do cmp scalar.text $set; done
      vicuna-decode -m gguf --batch 8 --max-tokens 12 scalar.projected | jq -r .text | cmp - scalar.text
      vicuna-decode -m gguf --activations bf16 --emit logits scalar.projected > other
      if tensor-diff -q scalar.logits other > /dev/null; then exit 9; fi
      tensor-diff --cosine 0.98 --rtol 0.1 scalar.logits other
      """.replacingGGUF(directory.path), in: try TemporaryDirectory(), timeout: 600)
    #expect(result.status == 0, "\(result.text) \(result.errors)")
  }

  @Test func inspectTellsWhatIsInside() throws {
    let directory = try Self.model(.q80, .init(kind: .f16))
    let text = try Shell.bash("llava-weights inspect \(directory.path)")
    #expect(text.status == 0, "\(text.text) \(text.errors)")
    for words in ["LLaVA, GGUF", "Q8_0", "mlp2x_gelu", "704 tokens", "a test's model", "whole"] {
      #expect(text.text.contains(words), "\(words): \(text.text)")
    }
    let files = try Shell.bash(
      "llava-weights inspect \(directory.file("mmproj.gguf")) \(directory.file("model.gguf"))")
    #expect(files.status == 0, "\(files.text) \(files.errors)")
  }

  /// Parts of several origins: the language model from a file, all else from the bundled model.
  @Test func partsAreTakenFromFiles() throws {
    let directory = try Self.model(.bf16, .init(kind: .bf16))
    let result = try Shell.bash(
      """
      set -e
      ls \(packageRoot)/examples/images/*.jpg | head -3 | convo-format --ask 'Describe this image.' \
        | clip-encode --vision \(directory.file("mmproj.gguf")) --aspect crop \
        | llava-project --projector \(directory.file("mmproj.gguf")) \
        | vicuna-decode --language \(directory.file("model.gguf")) --max-tokens 24 | jq -r .text
      """, timeout: 300)
    #expect(try answers(result) == answers(captions(Self.tiny)))
  }

  /// One line, the status of refused input, and no signal.
  @Test func damagedFilesEndInOneLine() throws {
    let directory = try Self.model(.q80, .init(kind: .f16))
    let whole = try directory.read("model.gguf")
    for size in [0, 3, 4, 100, whole.count / 2, whole.count - 40] {
      try directory.write(Array(whole.prefix(size)), to: "model.gguf")
      let result = try Shell.bash(
        "echo '{\"id\":1,\"question\":\"a\"}' | vicuna-decode -m \(directory.path)")
      #expect([3, 6].contains(result.status), "\(size): \(result.status) \(result.errors)")
      #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
      #expect(result.errors.contains("model.gguf"), "\(result.errors)")
    }
  }
}

extension String {
  /// The script with the directory's path for `-m gguf`, and a link for the loop.
  fileprivate func replacingGGUF(_ path: String) -> String { "ln -s '\(path)' gguf\n" + self }
}
