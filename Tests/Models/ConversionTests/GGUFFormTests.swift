// Models that are not like LLaVA 1.5: what GGUF files say of them, and what they cannot say.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import GGUF
import InputOutput
import JSON
import Tensors
import TestSupport
import Testing
import Threads

@testable import Conversion

@Suite struct GGUFFormTests {
  private func warnings(_ model: String, _ format: LanguageFormat, tower: String? = nil) throws
    -> [String]
  {
    let parts = try ModelDirectory.open(model: model, vision: tower)
    return try GGUFExport(
      GGUFSource(parts, name: model),
      GGUFOptions(format: format, visionFormat: .f16, producer: "tests/1")
    ).warnings()
  }

  @Test func aBareLanguageModelIsOneFile() throws {
    let directory = try TemporaryDirectory()
    let source = try golden("llama-tied", in: directory)
    let path = try export(source, .q80, in: directory, as: "out")
    #expect(directory.names(in: "out") == ["model-Q8_0.gguf"])
    let file = try GGUFFile(path: "\(path)/model-Q8_0.gguf")
    #expect(file["llama.rope.scaling.type"]?.text == "linear")
    #expect(file["llama.rope.scaling.factor"]?.floats == [2])
    #expect(file["llama.rope.freq_base"]?.floats == [500_000])
    #expect(file["tokenizer.chat_template"] == nil)
    let (found, own) = (
      try ModelDirectory.open(model: path).languageCheckpoint(),
      try ModelDirectory.open(model: source).languageCheckpoint()
    )
    var config = own.config
    config.epsilon = Double(Float(config.epsilon))
    #expect(found.config == config && config.tiesEmbeddings)
    #expect(try !found.hasOwnHead())
    // Tied, the embedding is the output layer too and has its format.
    let small = try export(source, .q40, in: directory, as: "small")
    let tensors = try GGUFFile(path: "\(small)/model-Q4_0.gguf").tensors
    #expect(tensors.first { $0.name == "token_embd.weight" }?.format == .q80)
    #expect(tensors.first { $0.name == "blk.0.attn_k.weight" }?.format == .q40)
  }

  /// The first LLaVA: a linear projector, pictures padded, a tower that lies elsewhere.
  @Test func aLinearProjectorIsSaid() throws {
    let directory = try TemporaryDirectory()
    let source = try golden("llava-original", in: directory)
    let tower = "\(goldenModels)/clip-42"
    let path = try export(source, .f16, .f32, in: directory, as: "out", tower: tower)
    let found = try ModelDirectory.open(model: path)
    #expect(try found.projectorCheckpoint().config.depth == 1)
    #expect(try found.visionCheckpoint().preprocessor.aspect == .pad)
    let own = try ModelDirectory.open(model: source, vision: tower).visionCheckpoint()
    let vision = try found.visionCheckpoint()
    #expect(vision.blocks == own.blocks && vision.config.activation == own.config.activation)
    #expect(vision.rowsPerImage == own.rowsPerImage)
    #expect(try warnings(source, .f16, tower: tower).contains { $0.contains("of type linear") })
    // Without the tower it is no model.
    #expect(code { try export(source, .f16, in: directory, as: "none") } == "checkpoint/no-part")
    #expect(directory.names == ["llava-original", "out"])
  }

  /// What llama.cpp has no word for stands under keys of ours.
  @Test func whatOnlyOurToolsKnowComesBack() throws {
    let directory = try TemporaryDirectory()
    let tower = "\(goldenModels)/clip-42"
    let source = try golden("llava-original", in: directory) { config in
      config["mm_vision_select_feature"] = .string("cls_patch")
      config["mm_use_im_start_end"] = .bool(true)
      config["eos_token_id"] = .array([.int(7), .int(2), .int(9)])
    }
    let path = try export(source, .q80, in: directory, as: "out", tower: tower)
    let found = try ModelDirectory.open(model: path)
    #expect(try found.visionCheckpoint().keepsClassToken)
    #expect(found.marksImages)
    #expect(try found.languageConfig().endTokens == [2, 7])
    let lines = try warnings(source, .q80, tower: tower)
    #expect(lines.contains { $0.contains("the class token's row") && $0.contains("<im_start>") })
    #expect(lines.contains { $0.contains("only two: 2 and 7") })
  }

  @Test func imageSettingsComeBackOrAreRefused() throws {
    let directory = try TemporaryDirectory()
    let source = try golden("llava-hf", in: directory)
    let side = try ModelDirectory.open(model: source).visionCheckpoint().config.imageSize
    func settings(_ more: String) -> String {
      #"{"crop_size":\#(side),"size":{"shortest_edge":\#(side + 8)},"resample":2,"#
        + #""image_mean":[0.5,0.25,0.125],"image_std":[0.5,1,2]\#(more)}"#
    }
    try directory.write(settings(""), to: "llava-hf/preprocessor_config.json")
    let path = try export(source, .q80, in: directory, as: "out")
    let (found, own) = (
      try ModelDirectory.open(model: path).visionCheckpoint().preprocessor,
      try ModelDirectory.open(model: source).visionCheckpoint().preprocessor
    )
    #expect(found == own && own.filter == .bilinear)
  }

  /// Rows of the embedding beyond the vocabulary are no tokens.
  @Test func rowsWithoutTokensAreLeftOut() throws {
    let directory = try TemporaryDirectory()
    let source = try variant(in: directory, config: { $0["vocab_size"] = .int(600) })
    let path = try export(source, .f32, .f32, in: directory, as: "out", tower: tinyModel)
    #expect(try ModelDirectory.open(model: path).languageConfig().vocabulary == 600)
    let lines = try warnings(source, .f32, tower: tinyModel)
    #expect(lines.contains { $0.contains("tokens from id 600 on") }, "\(lines)")
  }

  @Test func blocksThatBecomeOthersAreTold() throws {
    let directory = try TemporaryDirectory()
    let first = try export(tinyModel, .q80, in: directory, as: "first")
    let lines = try warnings(first, .q4KM)
    #expect(lines.contains { $0.contains("(Q8_0)") && $0.contains("stays lost") })
    #expect(lines.contains { $0.contains("23 Q5_0 instead of Q4_K, 3 Q8_0 instead of Q6_K") })
    // The same blocks are copied, and nobody hears of it.
    #expect(try warnings(first, .q80) == [])
    let second = try export(first, .q80, in: directory, as: "second")
    for name in directory.names(in: "first") {
      #expect(try directory.read("first/\(name)") == directory.read("second/\(name)"))
    }
    #expect(try compare(first, second).allSatisfy { $0.differences.isEmpty })
  }

  @Test(arguments: [LanguageFormat.f32, .f16, .q40, .q4KM])
  func whatIsNoNumberIsRefusedByName(format: LanguageFormat) throws {
    let directory = try TemporaryDirectory()
    let source = try variant(in: directory) { tensors in
      let name = "model.layers.2.mlp.down_proj.weight"
      let tensor = try #require(tensors[name]).widened()
      var values = tensor.floatValues
      values[3 * tensor.shape[1] + 5] = .nan
      tensors[name] = try Tensor(values, shape: tensor.shape)
    }
    do {
      try export(source, format, in: directory, as: "out", tower: tinyModel)
      Issue.record("a NaN was written")
    } catch let failure as Failure {
      #expect(failure.code == "quantize/not-finite" && failure.status == .invalidInput)
      #expect(
        failure.message.contains("nan in row 3, column 5 of tensor language.layers.2.mlp.down_proj")
      )
    }
    #expect(directory.names == ["variant"])
  }

  @Test func aNumberBeyondTheRangeIsRefusedByName() throws {
    let directory = try TemporaryDirectory()
    let source = try variant(in: directory) { tensors in
      let name = "model.layers.0.self_attn.k_proj.weight"
      let tensor = try #require(tensors[name]).widened()
      var values = tensor.floatValues
      values[1] = 1e9
      tensors[name] = try Tensor(values, shape: tensor.shape)
    }
    for format in [LanguageFormat.f16, .q80, .q4KM] {
      do {
        try export(source, format, in: directory, as: "out", tower: tinyModel)
        Issue.record("1e9 fits into \(format)")
      } catch let failure as Failure {
        #expect(failure.code == "quantize/overflow" && failure.status == .mismatch)
        #expect(failure.message.contains("self_attn.k_proj.weight"), "\(failure.message)")
      }
    }
    #expect(directory.names == ["variant"])
    try export(source, .bf16, in: directory, as: "out", tower: tinyModel)
  }

  @Test func aSourceThatChangesLeavesNothing() throws {
    let directory = try TemporaryDirectory()
    let source = try variant(in: directory)
    try expectNoticesChange(of: source) { progress in
      try export(source, .q80, in: directory, as: "out", tower: tinyModel) { _ in progress() }
    }
    #expect(directory.names == ["variant"])
    // Nor is anything written into what is read, or over what is there.
    #expect(
      code { try export(source, .q80, in: directory, as: "variant/out", tower: tinyModel) }
        == "usage/same-file")
    #expect(
      code { try export(source, .q80, in: directory, as: "variant", tower: tinyModel) }
        == "usage/exists")
  }

  @Test func aModelWithoutTokenizerIsRefused() throws {
    let directory = try TemporaryDirectory()
    let source = try golden("llama-tied", in: directory, tokenizer: false)
    #expect(
      code { try export(source, .q80, in: directory, as: "out") } == "checkpoint/no-tokenizer")
    #expect(directory.names == ["llama-tied"])
  }

  @Test func everyTensorHasANameThatIsReadAgain() {
    for (canonical, name) in [
      ("language.embed_tokens.weight", "token_embd.weight"),
      ("language.norm.weight", "output_norm.weight"),
      ("language.lm_head.weight", "output.weight"),
      ("language.layers.11.self_attn.o_proj.weight", "blk.11.attn_output.weight"),
      ("language.layers.0.post_attention_layernorm.weight", "blk.0.ffn_norm.weight"),
      ("vision.class_embedding", "v.class_embd"),
      ("vision.patch_embedding.weight", "v.patch_embd.weight"),
      ("vision.pre_layernorm.bias", "v.pre_ln.bias"),
      ("vision.layers.3.mlp.fc2.bias", "v.blk.3.ffn_down.bias"),
      ("vision.layers.3.self_attn.out_proj.weight", "v.blk.3.attn_out.weight"),
      ("projector.2.weight", "mm.2.weight"),
    ] { #expect(GGUFSpelling.name(of: canonical) == name) }
    for other in [
      "language.layers.0.other.weight", "language.layers", "x", "vision.other.weight", "",
    ] {
      #expect(GGUFSpelling.name(of: other) == nil, "\(other)")
    }
  }
}
