// Models as GGUF files: read again they are the same models.
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
import Tokenizers

@testable import Conversion

/// Writes `model` as GGUF files into `name` in `directory` and returns the path.
@discardableResult
func export(
  _ model: String, _ format: LanguageFormat, _ vision: VisionFormat = .f16,
  in directory: TemporaryDirectory, as name: String, tower: String? = nil, threads: Int = 2,
  importance: [String: [Float]] = [:], progress: (Int) -> Void = { _ in }
) throws -> String {
  let parts = try ModelDirectory.open(model: model, vision: tower)
  var options = GGUFOptions(format: format, visionFormat: vision, producer: "tests/1")
  options.importance = importance
  let pool = ThreadPool(width: threads)
  defer { pool.stop() }
  try GGUFExport(GGUFSource(parts, name: model), options)
    .write(to: directory.file(name), on: pool, progress: progress)
  return directory.file(name)
}

/// A copy of the golden model `name` with a tokenizer, and with changes.
func golden(
  _ name: String, in directory: TemporaryDirectory, tokenizer: Bool = true,
  config change: (inout JSONObject) -> Void = { _ in }
) throws -> String {
  let path = directory.file(name)
  try FileManager.default.copyItem(atPath: "\(goldenModels)/\(name)", toPath: path)
  if tokenizer, name != "llava-hf" {
    try FileManager.default.copyItem(
      atPath: "\(goldenModels)/llava-hf/tokenizer.model", toPath: "\(path)/tokenizer.model")
  }
  var config = try object("\(path)/config.json")
  change(&config)
  try directory.write(JSONValue.object(config).indented(), to: "\(name)/config.json")
  return path
}

@Suite struct GGUFExportTests {
  @Test func inF32NoNumberChanges() throws {
    let directory = try TemporaryDirectory()
    let path = try export(tinyModel, .f32, .f32, in: directory, as: "out")
    #expect(directory.names(in: "out") == ["mmproj-F32.gguf", "model-F32.gguf"])
    let (found, expected) = (
      try ModelDirectory.open(model: path), try ModelDirectory.open(model: tinyModel)
    )
    var config = try expected.languageConfig()
    config.epsilon = Double(Float(config.epsilon))
    #expect(try found.languageConfig() == config)
    #expect(found.imageToken == 640)
    let (tower, own) = (try found.visionCheckpoint(), try expected.visionCheckpoint())
    #expect(tower.blocks == own.blocks && tower.blocks == tower.config.layers)
    #expect(tower.preprocessor.aspect == .crop)
    #expect(try found.projectorCheckpoint().config == expected.projectorCheckpoint().config)
    // All but the block and the norm that LLaVA does not run.
    for part in try compare(tinyModel, path) {
      #expect(part.presence == .both)
      for difference in part.differences where !difference.hasSameNumbers {
        #expect(difference.kind == .onlyInFirst)
        #expect(
          difference.tensor.hasPrefix("vision.layers.5.")
            || difference.tensor.hasPrefix("vision.post"))
      }
    }
    // And from there on every bit stays.
    let again = try export(path, .f32, .f32, in: directory, as: "again")
    for name in directory.names(in: "out") {
      #expect(try directory.read("out/\(name)") == directory.read("again/\(name)"))
    }
    #expect(try compare(path, again).allSatisfy { $0.differences.isEmpty })
  }

  @Test func everyKeyIsThere() throws {
    let directory = try TemporaryDirectory()
    let path = try export(tinyModel, .q4KM, in: directory, as: "out")
    let file = try GGUFFile(path: "\(path)/model-Q4_K_M.gguf")
    for (key, value) in [
      ("general.file_type", 15), ("general.quantization_version", 2), ("general.alignment", 32),
      ("llama.block_count", 4), ("llama.context_length", 2048), ("llama.embedding_length", 192),
      ("llama.feed_forward_length", 512), ("llama.attention.head_count", 6),
      ("llama.attention.head_count_kv", 2), ("llama.rope.dimension_count", 32),
      ("llama.vocab_size", 704), ("tokenizer.ggml.bos_token_id", 1),
      ("tokenizer.ggml.eos_token_id", 2), ("tokenizer.ggml.unknown_token_id", 0),
      ("tokenizer.ggml.padding_token_id", 641),
    ] {
      #expect(file[key]?.integer == value, "\(key)")
      #expect(file[key]?.type == .u32, "\(key)")
    }
    for (key, value) in [
      ("general.architecture", "llama"), ("general.type", "model"), ("general.name", "tiny-llava"),
      ("tokenizer.ggml.model", "llama"), ("tokenizer.ggml.pre", "default"),
    ] { #expect(file[key]?.text == value, "\(key)") }
    #expect(file["llama.attention.layer_norm_rms_epsilon"]?.floats == [1e-5])
    #expect(file["llama.rope.freq_base"]?.floats == [10_000])
    #expect(file["llama.rope.scaling.type"] == nil && file["llama.attention.key_length"] == nil)
    #expect(file["tokenizer.ggml.add_bos_token"]?.flag == true)
    #expect(file["tokenizer.ggml.add_eos_token"]?.flag == false)
    #expect(file["tokenizer.ggml.add_space_prefix"]?.flag == true)
    #expect(file["tokenizer.ggml.tokens"]?.count == 704)
    #expect(file["tokenizer.chat_template"]?.text?.contains("ASSISTANT:") == true)
    let names = file.tensors.map(\.name)
    #expect(
      names.prefix(3) == ["token_embd.weight", "blk.0.attn_norm.weight", "blk.0.attn_q.weight"])
    #expect(names.suffix(2) == ["output_norm.weight", "output.weight"])
    let tower = try GGUFFile(path: "\(path)/mmproj-F16.gguf")
    for (key, value) in [
      ("general.file_type", 1), ("clip.vision.image_size", 112), ("clip.vision.patch_size", 14),
      ("clip.vision.embedding_length", 128), ("clip.vision.feed_forward_length", 512),
      ("clip.vision.projection_dim", 192), ("clip.vision.block_count", 5),
      ("clip.vision.attention.head_count", 4),
    ] { #expect(tower[key]?.integer == value, "\(key)") }
    #expect(tower["general.architecture"]?.text == "clip")
    #expect(tower["clip.projector_type"]?.text == "mlp")
    #expect(
      tower["clip.use_gelu"]?.flag == false && tower["clip.has_llava_projector"]?.flag == true)
    #expect(tower["clip.vision.feature_layer"]?.integers == [5])
    #expect(tower["clip.vision.image_aspect_ratio"]?.text == "square")
    #expect(tower["clip.vision.image_mean"]?.floats == [0.48145466, 0.4578275, 0.40821073])
  }

  /// The formats of a model of 7B's depth, as llama.cpp chooses them.
  @Test func mixesChooseTensorsAsLlamaCppDoes() {
    func layers(_ format: LanguageFormat, _ name: String, _ wanted: WeightFormat) -> [Int] {
      (0..<32).filter {
        format.format(of: "blk.\($0).\(name).weight", columns: 4096, layers: 32, isOutput: false)
          == wanted
      }
    }
    let more = [0, 1, 2, 3, 6, 9, 12, 15, 18, 21, 24, 27, 28, 29, 30, 31]
    for name in ["attn_v", "ffn_down"] {
      #expect(layers(.q4KM, name, .q6K) == more)
      #expect(layers(.q5KM, name, .q6K) == more)
      #expect(layers(.q4KS, name, .q5K) == [0, 1, 2, 3])
      #expect(layers(.q5KS, name, .q5K).count == 32 && layers(.q4K, name, .q4K).count == 32)
    }
    for name in ["attn_q", "attn_k", "attn_output", "ffn_up", "ffn_gate"] {
      #expect(layers(.q4KM, name, .q4K).count == 32)
    }
    for format in LanguageFormat.allCases {
      let output = format.format(of: "output.weight", columns: 4096, layers: 32, isOutput: true)
      let expected: WeightFormat =
        format.base.isQuantised && format != .q80 ? .q6K : format.base
      #expect(output == expected)
      #expect(
        format.format(of: "token_embd.weight", columns: 4096, layers: 32, isOutput: false)
          == format.base)
      // Rows that are no whole blocks.
      let narrow = format.format(
        of: "blk.0.ffn_up.weight", columns: 96, layers: 32, isOutput: false)
      #expect(narrow == [.q4K: .q50, .q5K: .q51, .q6K: .q80][format.base] ?? format.base)
      let odd = format.format(of: "blk.0.ffn_up.weight", columns: 90, layers: 32, isOutput: false)
      #expect(odd == (format.base.isQuantised ? .f16 : format.base))
    }
    #expect(
      LanguageFormat.allCases.map(\.fileType) == [
        0, 1, 32, 7, 18, 17, 16, 16, 9, 8, 15, 14, 14, 3, 2,
      ])
    #expect(VisionFormat.allCases.map(\.fileType) == [0, 1, 32, 7])
  }

  /// Every format is read again, and is off as far as its bits are few.
  @Test(arguments: LanguageFormat.allCases) func everyFormatIsRead(format: LanguageFormat) throws {
    let directory = try TemporaryDirectory()
    let path = try export(
      tinyModel, format, format == .q80 ? .q80 : .bf16, in: directory, as: "out")
    let model = try ModelDirectory.open(model: path)
    _ = try (model.visionCheckpoint(), model.projectorCheckpoint())
    let weights = try model.languageCheckpoint().weights
    let own = try ModelDirectory.open(model: tinyModel).languageCheckpoint().weights
    var worst = 0.0
    for name in ["lm_head", "norm", "layers.0.mlp.down_proj", "layers.3.self_attn.k_proj"] {
      let name = "language.\(name).weight"
      let (a, b) = (try weights.tensor(name).widened(), try own.tensor(name).widened())
      let (found, wanted) = (a.floatValues, b.floatValues)
      let size = wanted.reduce(0) { $0 + Double($1) * Double($1) }
      let error = zip(found, wanted).reduce(0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
      worst = max(worst, (error / size).squareRoot())
    }
    let bounds: [WeightFormat: ClosedRange<Double>] = [
      .f32: 0...0, .f16: 0...1e-3, .bf16: 0...0, .q80: 1e-3...0.01, .q6K: 0.003...0.021,
      .q5K: 0.015...0.05, .q51: 0.015...0.05, .q50: 0.015...0.06, .q4K: 0.03...0.09,
      .q41: 0.03...0.11, .q40: 0.04...0.13,
    ]
    #expect(bounds[format.base]?.contains(worst) == true, "\(worst)")
  }

  @Test func threadsChangeNoByte() throws {
    let directory = try TemporaryDirectory()
    for threads in [1, 3] {
      try export(tinyModel, .q4KM, .q80, in: directory, as: "\(threads)", threads: threads)
    }
    for name in directory.names(in: "1") {
      #expect(try directory.read("1/\(name)") == directory.read("3/\(name)"))
    }
  }

  @Test func progressCountsEveryByte() throws {
    let directory = try TemporaryDirectory()
    var count = 0
    let path = try export(tinyModel, .q5KM, in: directory, as: "out") { count += $0 }
    let files = try ["model-Q5_K_M", "mmproj-F16"].map { try GGUFFile(path: "\(path)/\($0).gguf") }
    #expect(count == files.flatMap(\.tensors).reduce(0) { $0 + $1.byteRange.count })
  }

  /// Only blocks with scales of scales look at it: `down` alone is wide enough here.
  @Test func importanceReachesItsTensor() throws {
    let directory = try TemporaryDirectory()
    let name = "language.layers.1.mlp.down_proj.weight"
    let numbers = (0..<512).map { Float($0 % 5 == 0 ? 50 : 1) }
    let plain = try export(tinyModel, .q4K, in: directory, as: "plain")
    let other = try export(
      tinyModel, .q4K, in: directory, as: "other", importance: [name: numbers])
    let found = try compare(plain, other).flatMap(\.differences)
    #expect(found.map(\.tensor) == [name])
  }
}
