// A model of another layout as GGUF files, as llama.cpp's converters write them.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import Tensors

import Tokenizers

/// Writes the parts of a model that tests have at hand (reference: llama.cpp's convert_hf_to_gguf.py,
/// and convert_image_encoder_to_gguf.py for the tower).
public struct GGUFConversion {
  private let path: String
  private let config: ModelConfig
  private let parts: [ModelPart: Weights]

  /// How a tower's file is written.
  public struct Tower: Sendable {
    public var kind = GGUFKind.f16
    /// The two layers of an MLP have each other's names, as they had until 2025.
    public var swapsMLP = false
    /// All blocks and the last norm, where converters leave out what LLaVA does not run.
    public var isWhole = false

    public init(kind: GGUFKind = .f16, swapsMLP: Bool = false, isWhole: Bool = false) {
      (self.kind, self.swapsMLP, self.isWhole) = (kind, swapsMLP, isWhole)
    }
  }

  /// `path`: a model directory.
  public init(_ path: String) throws {
    self.path = path
    config = try ModelConfig.find(in: path) ?? ModelConfig()
    parts = try Checkpoint.parts(at: path)
  }

  private func floats(_ part: ModelPart, _ name: String) throws -> (values: [Float], shape: [Int])?
  {
    guard let weights = parts[part], weights.contains(name) else { return nil }
    let tensor = try weights.tensor(name)
    let values = try tensor.widened().withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    return (values, tensor.shape)
  }

  /// Adds `name` of the model as `short`; vectors are F32.
  private func add(
    _ name: String, of part: ModelPart, as short: String, _ kind: GGUFKind, heads: Int? = nil,
    to writer: inout GGUFWriter
  ) throws {
    guard let (plain, shape) = try floats(part, name) else { return }
    let values = heads.map { Self.pairs(plain, heads: $0, columns: shape[1]) } ?? plain
    let kind = shape.count == 1 || !kind.fits(shape[shape.count - 1]) ? GGUFKind.f32 : kind
    writer.tensors.append(
      GGUFEntry(short, kind: kind.rawValue, shape: shape, bytes: kind.bytes(values)))
  }

  /// Row i of a head's second half comes behind row i of its first.
  private static func pairs(_ values: [Float], heads: Int, columns: Int) -> [Float] {
    let half = values.count / columns / heads / 2
    return (0..<heads).flatMap { head in
      (0..<half).flatMap { index in
        [0, 1].flatMap { side in
          let row = (head * 2 + side) * half + index
          return values[row * columns..<(row + 1) * columns]
        }
      }
    }
  }

  // MARK: The language model

  private static let layers: KeyValuePairs = [
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
  ]

  /// The language model with its vocabulary and chat template.
  public func language(_ kind: GGUFKind) throws -> GGUFWriter {
    guard let shape = config.language else { return GGUFWriter() }
    var writer = GGUFWriter()
    writer["general.architecture"] = .text("llama")
    writer["general.name"] = .text("a test's model")
    for (key, value) in [
      ("embedding_length", shape.width), ("block_count", shape.layers),
      ("feed_forward_length", shape.intermediateWidth), ("attention.head_count", shape.heads),
      ("attention.head_count_kv", shape.keyValueHeads), ("context_length", shape.maxPositions),
      ("rope.dimension_count", shape.headWidth), ("vocab_size", shape.vocabulary),
    ] { writer["llama.\(key)"] = .u32(value) }
    writer["llama.attention.layer_norm_rms_epsilon"] = .f32(Float(shape.epsilon))
    writer["llama.rope.freq_base"] = .f32(Float(shape.ropeTheta))
    try addVocabulary(shape.vocabulary, to: &writer)
    let ends = [
      ("embed_tokens", "token_embd"), ("norm", "output_norm"), ("lm_head", "output"),
    ]
    for (name, short) in ends {
      try add("language.\(name).weight", of: .language, as: "\(short).weight", kind, to: &writer)
    }
    for layer in 0..<shape.layers {
      for (name, short) in Self.layers {
        let heads = ["attn_q": shape.heads, "attn_k": shape.keyValueHeads][short]
        try add(
          "language.layers.\(layer).\(name).weight", of: .language,
          as: "blk.\(layer).\(short).weight", kind, heads: heads, to: &writer)
      }
    }
    return writer
  }

  private func addVocabulary(_ rows: Int, to writer: inout GGUFWriter) throws {
    guard let tokenizer = try? Tokenizer.load(directory: path) else { return }
    let pieces = tokenizer.rankedPieces
    var (tokens, scores, kinds): ([String], [Float], [Int32]) = ([], [], [])
    for id in 0..<Int32(rows) {
      let isPiece = pieces.indices.contains(Int(id))
      let added = tokenizer.piece(id)
      tokens.append(added ?? "[PAD\(id)]")
      scores.append(isPiece ? pieces[Int(id)].score : added == nil ? -10_000 : -1000)
      let addedKind: Int32 = tokenizer.isSpecial(id) ? 3 : 4
      kinds.append(isPiece ? pieces[Int(id)].kind : added == nil ? 5 : addedKind)
    }
    writer["tokenizer.ggml.model"] = .text("llama")
    writer["tokenizer.ggml.tokens"] = .texts(tokens)
    writer["tokenizer.ggml.scores"] = .floats(scores)
    writer["tokenizer.ggml.token_type"] = .integers(kinds)
    writer["tokenizer.ggml.bos_token_id"] = tokenizer.bos.map { .u32(Int($0)) }
    writer["tokenizer.ggml.eos_token_id"] = tokenizer.eos.map { .u32(Int($0)) }
    writer["tokenizer.ggml.add_bos_token"] = .flag(tokenizer.addsBOS)
    writer["tokenizer.chat_template"] = try ChatTemplate.find(in: path).map { .text($0.text) }
  }

  // MARK: The tower and the projector

  /// The file that llama.cpp calls mmproj.
  public func projector(_ tower: Tower = Tower()) throws -> GGUFWriter {
    var writer = GGUFWriter()
    writer["general.architecture"] = .text("clip")
    writer["clip.has_vision_encoder"] = .flag(true)
    writer["clip.has_llava_projector"] = .flag(true)
    if let shape = config.vision { try add(shape, tower, to: &writer) }
    for index in stride(from: 0, to: 32, by: 2) {
      for end in ["weight", "bias"] {
        try add(
          "projector.\(index).\(end)", of: .projector, as: "mm.\(index).\(end)", tower.kind,
          to: &writer)
      }
    }
    return writer
  }

  private func add(_ shape: VisionConfig, _ tower: Tower, to writer: inout GGUFWriter) throws {
    let count = tower.isWhole ? shape.layers : shape.layers - 1
    for (key, value) in [
      ("embedding_length", shape.width), ("block_count", count),
      ("feed_forward_length", shape.intermediateWidth), ("attention.head_count", shape.heads),
      ("image_size", shape.imageSize), ("patch_size", shape.patchSize),
    ] { writer["clip.vision.\(key)"] = .u32(value) }
    writer["clip.vision.attention.layer_norm_epsilon"] = .f32(Float(shape.epsilon))
    writer["clip.vision.image_mean"] = .floats([0.48145466, 0.4578275, 0.40821073])
    writer["clip.vision.image_std"] = .floats([0.26862954, 0.26130258, 0.27577711])
    writer["clip.use_gelu"] = .flag(shape.activation == .gelu)
    func put(_ name: String, _ short: String, _ kind: GGUFKind? = nil) throws {
      try add("vision.\(name)", of: .vision, as: "v.\(short)", kind ?? tower.kind, to: &writer)
    }
    try put("class_embedding", "class_embd")
    try put("patch_embedding.weight", "patch_embd.weight", tower.kind.isPlain ? nil : .f16)
    try put("position_embedding.weight", "position_embd.weight", .f32)
    let (up, down) = tower.swapsMLP ? ("ffn_down", "ffn_up") : ("ffn_up", "ffn_down")
    for end in ["weight", "bias"] {
      try put("pre_layernorm.\(end)", "pre_ln.\(end)")
      if tower.isWhole { try put("post_layernorm.\(end)", "post_ln.\(end)") }
      for block in 0..<count {
        for (name, short) in [
          ("layer_norm1", "ln1"), ("layer_norm2", "ln2"), ("self_attn.q_proj", "attn_q"),
          ("self_attn.k_proj", "attn_k"), ("self_attn.v_proj", "attn_v"),
          ("self_attn.out_proj", "attn_out"), ("mlp.fc1", up), ("mlp.fc2", down),
        ] { try put("layers.\(block).\(name).\(end)", "blk.\(block).\(short).\(end)") }
      }
    }
  }
}

extension GGUFKind {
  fileprivate var isPlain: Bool { self != .q40 && self != .q80 }
}

extension GGUFWriter {
  /// Writes the file.
  public func write(to path: String) throws {
    let file = try AtomicFile(path: path)
    try bytes.withUnsafeBytes { try file.write($0) }
    try file.finish()
  }
}
