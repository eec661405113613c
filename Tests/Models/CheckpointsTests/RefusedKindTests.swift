// Directories that hold something else than a model's weights, each told as what it is.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct RefusedKindTests {
  /// Names of files, the code's second half, and what the message or the remedy must say.
  static let kinds: [(files: [String], code: String, words: [String])] = [
    (["adapter_config.json", "adapter_model.safetensors"], "adapter", ["LoRA", "--lora"]),
    (
      ["adapter_config.json", "adapter_model.bin", "non_lora_trainables.bin"], "adapter",
      ["LoRA", "base model"]
    ),
    (["optimizer.pt", "scheduler.pt", "trainer_state.json"], "optimizer", ["trainer"]),
    (
      ["global_step5197", "latest", "zero_to_fp32.py", "trainer_state.json"], "optimizer",
      ["DeepSpeed", "zero_to_fp32.py"]
    ),
    (
      ["zero_pp_rank_0_mp_rank_00_model_states.pt", "bf16_zero_pp_rank_0_optim_states.pt"],
      "optimizer", ["DeepSpeed"]
    ),
    (["consolidated.00.pth", "params.json", "tokenizer.model"], "consolidated", ["Meta"]),
    (
      ["pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"], "shards",
      ["pytorch_model.bin.index.json"]
    ),
    (
      ["model-00001-of-00003.safetensors", "model-00003-of-00003.safetensors"], "shards",
      ["model.safetensors.index.json"]
    ),
    (["checkpoint-1000", "checkpoint-2000"], "checkpoints", ["one of the directories"]),
    (["blobs", "refs", "snapshots"], "cache", ["ORG/NAME"]),
    (["tf_model.h5"], "framework", ["TensorFlow"]),
    (["flax_model.msgpack"], "framework", ["JAX"]),
    (["quant_config.json", "something.pt"], "quantised", ["quantised"]),
    (["quantize_config.json", "gptq_model-4bit-128g.safetensors"], "quantised", ["quantised"]),
  ]

  @Test(arguments: kinds.indices) func withoutAConfiguration(row: Int) throws {
    let kind = Self.kinds[row]
    let directory = try TemporaryDirectory()
    for name in kind.files { try directory.write("{}", to: name) }
    let failure = try failure { try ModelDirectory.open(model: directory.path) }
    expect(failure, kind, in: directory)
    // An adapter is looked at as one: these hold no tensors.
    let problem = SourceSurvey(directory.path).problem
    #expect(kind.code == "adapter" ? problem != nil : problem == failure)
  }

  /// Training leaves a configuration beside most of them: then the weights' place tells.
  @Test(arguments: kinds.indices) func besideAConfiguration(row: Int) throws {
    let kind = Self.kinds[row]
    let directory = try TemporaryDirectory()
    for name in kind.files { try directory.write("{}", to: name) }
    try directory.write(PublishedModel.llava7B.config, to: "config.json")
    let opened = try ModelDirectory.open(model: directory.path)
    for part in [{ _ = try opened.languageCheckpoint() }, { _ = try opened.projectorCheckpoint() }]
    {
      expect(try failure(part), kind, in: directory)
    }
  }

  private func expect(
    _ failure: Failure, _ kind: (files: [String], code: String, words: [String]),
    in directory: TemporaryDirectory
  ) {
    #expect(failure.code == "checkpoint/\(kind.code)")
    #expect(failure.place == directory.path)
    let text = failure.message + " " + (failure.remedy ?? "")
    for word in kind.words { #expect(text.contains(word), "\(text)") }
  }

  /// What a trainer leaves beside whole weights does not spoil them.
  @Test func aTrainersStateBesideWeights() throws {
    let directory = try PublishedModel.llava7B.directory()
    for name in ["optimizer.pt", "scheduler.pt", "training_args.bin", "global_step5197", "latest"] {
      try directory.write("state", to: name)
    }
    let opened = try ModelDirectory.open(model: directory.path)
    #expect(try opened.languageCheckpoint().config == PublishedModelTests.decoder7B)
  }

  @Test(arguments: ["pytorch_model.bin", "model.safetensors", "mm_projector.bin"])
  func pointers(name: String) throws {
    let directory = try TemporaryDirectory()
    try directory.write(PublishedModel.llava7B.config, to: "config.json")
    try directory.write(
      "version https://git-lfs.github.com/spec/v1\noid sha256:\(String(repeating: "0", count: 64))"
        + "\nsize 13476839424\n", to: name)
    let opened = try ModelDirectory.open(model: directory.path)
    let failure = try failure { try opened.projectorCheckpoint() }
    #expect(failure.code == "checkpoint/pointer")
    #expect(failure.place == directory.file(name))
    #expect(failure.remedy?.contains("git lfs pull") == true)
  }

  /// The first LLaVAs were published as differences to LLaMA.
  @Test func deltas() throws {
    let directory = try TemporaryDirectory()
    try directory.write(PublishedModel.lightning.config, to: "config.json")
    let small: [UInt8] = [0x00, 0x14]  // 2^-10 in F16.
    let gains = [[UInt8]](repeating: small, count: 4096).flatMap { $0 }
    let tensors = PublishedModel.lightning.tensors()
    try TorchArchive(
      tensors: tensors.map {
        (
          $0.name, $0.elementType, $0.shape,
          .hole(prefix: $0.name == "model.norm.weight" ? gains : [])
        )
      }
    ).write(to: directory.file("pytorch_model.bin"))
    let opened = try ModelDirectory.open(model: directory.path)
    let failure = try failure { try opened.languageCheckpoint() }
    #expect(failure.code == "checkpoint/delta")
    #expect(failure.remedy?.contains("apply_delta") == true)
    // Its projector is whole: a delta has no base for that.
    #expect(try opened.projectorCheckpoint().config.depth == 1)
  }
}
