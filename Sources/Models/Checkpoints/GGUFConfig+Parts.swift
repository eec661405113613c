// The shapes of a decoder and of a tower as llama.cpp's metadata tell them.
// SPDX-License-Identifier: Apache-2.0
import GGUF
import InputOutput
import Operations

extension LanguageConfig {
  /// Reads the first file's `llama.*` and `tokenizer.ggml.*` (reference: ggml's docs/gguf.md and
  /// llama.cpp's src/llama-arch.cpp). Throws `.mismatch` with everything that is wrong, code
  /// `checkpoint/config`, or `checkpoint/family`.
  init(_ model: GGUFSplit) throws(Failure) {
    let file = model.first
    try Self.refuseOthers(file)
    let problems = ConfigProblems()
    let reader = ConfigReader(object: file.settings, prefix: "", problems: problems)
    let heads = reader.neededCount("llama.attention.head_count", limit: 1024)
    let width = reader.neededCount("llama.embedding_length", limit: 1 << 16)
    let tokens = file["tokenizer.ggml.tokens"]?.count ?? 0
    let vocabulary = reader.count(
      "llama.vocab_size", default: min(max(1, tokens), 1 << 24), limit: 1 << 24)
    self.init(
      width: width, intermediateWidth: reader.neededCount("llama.feed_forward_length"),
      layers: reader.neededCount("llama.block_count", limit: 1024), heads: heads,
      keyValueHeads: reader.count("llama.attention.head_count_kv", default: heads, limit: 1024),
      headWidth: reader.count(
        "llama.attention.key_length", default: max(1, width / heads), limit: 4096),
      vocabulary: min(max(vocabulary, tokens), 1 << 24),
      epsilon: reader.neededReal("llama.attention.layer_norm_rms_epsilon", in: 1e-12...0.1),
      ropeTheta: reader.real("llama.rope.freq_base", default: 10_000, in: 1...1e12),
      ropeFactor: Self.ropeFactor(reader),
      maxPositions: reader.neededCount("llama.context_length", limit: 1 << 24),
      tiesEmbeddings: !model.files.contains { $0.tensor(named: "output.weight") != nil },
      beginToken: reader.integer(
        "tokenizer.ggml.bos_token_id", default: 1, in: 0...Int(Int32.max)),
      endTokens: Self.endTokens(reader))
    if problems.isEmpty { check(gguf: reader) }
    try problems.throwIfAny(at: file.path, remedy: GGUFKey.remedy)
  }

  private static func refuseOthers(_ file: GGUFFile) throws(Failure) {
    if let type = file["general.type"]?.text, !["model", "mmproj"].contains(type) {
      throw Failure(
        .mismatch, code: "checkpoint/family", at: file.path,
        "expected a model as GGUF, found \(escapedForTerminal(type.prefix(bytes: 64)))",
        remedy: "name the model; of adapters only peft's are read (--lora)")
    }
    let found = file["general.architecture"]?.text
    guard found != "llama" else { return }
    guard found != "clip" else {
      throw Failure(
        .mismatch, code: "checkpoint/family", at: file.path,
        "expected a language model as GGUF, found a projector (architecture clip)",
        remedy: "name the language model's file")
    }
    throw Failure(
      .mismatch, code: "checkpoint/family", at: file.path,
      "expected a GGUF file of the architecture llama (LLaMA, Vicuna, Mistral) or clip, found "
        + (found.map { escapedForTerminal($0.prefix(bytes: 64)) } ?? "none"),
      remedy: "take a LLaVA up to 1.5 on one of these")
  }

  private static func ropeFactor(_ reader: ConfigReader) -> Double {
    let isLinear = reader.choice(
      "llama.rope.scaling.type", default: reader.value("llama.rope.scale_linear") != nil,
      ["none": false, "linear": true])
    guard isLinear else { return 1 }
    let older = reader.real("llama.rope.scale_linear", default: 1, in: 1...1024)
    return reader.real("llama.rope.scaling.factor", default: older, in: 1...1024)
  }

  /// The end of a text, and that of a turn where the vocabulary has one.
  private static func endTokens(_ reader: ConfigReader) -> [Int] {
    let range = 0...Int(Int32.max)
    let end = reader.integer("tokenizer.ggml.eos_token_id", default: 2, in: range)
    let turn = reader.integer("tokenizer.ggml.eot_token_id", default: end, in: range)
    return turn == end ? [end] : [end, turn]
  }

  private func check(gguf reader: ConfigReader) {
    let problems = reader.problems
    if reader.value("llama.attention.key_length") == nil {
      problems.require(
        width % heads == 0,
        "llama.embedding_length \(width) is not a multiple of llama.attention.head_count \(heads)")
    }
    problems.require(
      heads % keyValueHeads == 0,
      "llama.attention.head_count \(heads) is not a multiple of llama.attention.head_count_kv"
        + " \(keyValueHeads)")
    // What follows compares with the width of a head.
    guard problems.isEmpty else { return }
    problems.require(headWidth % 2 == 0, "a head's width, \(headWidth), is odd")
    for key in ["llama.rope.dimension_count", "llama.attention.value_length"] {
      let found = reader.integer(key, default: headWidth, in: 1...4096)
      problems.require(
        found == headWidth, "\(key) \(found) is not supported, only a head's width, \(headWidth)")
    }
    let experts = reader.integer("llama.expert_count", default: 0, in: 0...1 << 16)
    problems.require(experts == 0, "llama.expert_count \(experts) is not supported, only 0")
    let window = reader.integer(
      "llama.attention.sliding_window", default: 0, in: 0...Int(Int32.max))
    problems.require(
      window == 0 || window >= maxPositions,
      "llama.attention.sliding_window \(window) is not supported: a window of attention narrower than"
        + " llama.context_length \(maxPositions)")
    for (key, token) in [
      ("bos_token_id", beginToken ?? 0), ("eos_token_id or eot_token_id", endTokens.max() ?? 0),
    ] {
      problems.require(
        token < vocabulary,
        "tokenizer.ggml.\(key) \(token) is not below the size of the vocabulary, \(vocabulary)")
    }
  }
}

extension VisionConfig {
  /// Reads `clip.vision.*`; problems go to the reader.
  init(gguf reader: ConfigReader) {
    let usesGELU = reader.flag("clip.use_gelu", default: false)
    self.init(
      width: reader.neededCount("clip.vision.embedding_length", limit: 1 << 16),
      intermediateWidth: reader.neededCount("clip.vision.feed_forward_length"),
      layers: reader.neededCount("clip.vision.block_count", limit: 1024),
      heads: reader.neededCount("clip.vision.attention.head_count", limit: 1024),
      imageSize: reader.neededCount("clip.vision.image_size", limit: 8192),
      patchSize: reader.neededCount("clip.vision.patch_size", limit: 8192),
      epsilon: reader.neededReal("clip.vision.attention.layer_norm_epsilon", in: 1e-12...0.1),
      activation: usesGELU ? .gelu : .quickGELU)
    reader.requireFlag("clip.use_silu", false)
    reader.requireFlag("clip.has_vision_encoder", true)
    guard reader.problems.isEmpty else { return }
    let problems = reader.problems
    problems.require(
      imageSize % patchSize == 0,
      "clip.vision.image_size \(imageSize) is not a multiple of clip.vision.patch_size \(patchSize)"
    )
    problems.require(
      width % heads == 0,
      "clip.vision.embedding_length \(width) is not a multiple of"
        + " clip.vision.attention.head_count \(heads)")
    problems.require(
      patches <= 1 << 16,
      "clip.vision.image_size \(imageSize) gives \(patches) patches, over 65536")
  }
}
