// The metadata of both GGUF files, as llama.cpp's converters write it.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import GGUF
import InputOutput
import Operations
import Preprocessing

extension GGUFSource {
  typealias Settings = [(key: String, value: GGUFSetting)]

  private func general(_ architecture: String, _ type: String, fileType: Int, producer: String)
    -> Settings
  {
    [
      ("general.architecture", .text(architecture)), ("general.type", .text(type)),
      ("general.name", .text(name)), ("general.description", .text("written by \(producer)")),
      ("general.file_type", .count(fileType)), ("general.quantization_version", .u32(2)),
      ("general.alignment", .count(GGUFPlan.alignment)),
    ]
  }

  /// Those of the language model's file. Throws `tokenizer/gguf`.
  func languageSettings(_ format: LanguageFormat, producer: String) throws(Failure) -> Settings {
    let config = language.config
    var settings = general("llama", "model", fileType: format.fileType, producer: producer)
    for (key, value) in [
      ("block_count", config.layers), ("context_length", config.maxPositions),
      ("embedding_length", config.width), ("feed_forward_length", config.intermediateWidth),
      ("attention.head_count", config.heads), ("attention.head_count_kv", config.keyValueHeads),
      ("rope.dimension_count", config.headWidth), ("vocab_size", rows),
    ] { settings.append(("llama.\(key)", .count(value))) }
    if config.headWidth * config.heads != config.width {
      for key in ["key_length", "value_length"] {
        settings.append(("llama.attention.\(key)", .count(config.headWidth)))
      }
    }
    settings.append(("llama.attention.layer_norm_rms_epsilon", .f32(Float(config.epsilon))))
    settings.append(("llama.rope.freq_base", .f32(Float(config.ropeTheta))))
    if config.ropeFactor != 1 {
      settings.append(("llama.rope.scaling.type", .text("linear")))
      settings.append(("llama.rope.scaling.factor", .f32(Float(config.ropeFactor))))
    }
    let ends = endTokens
    for (key, value) in try tokenizer.ggufSettings(rows: rows, imageToken: self.settings.imageToken)
    {
      let isEnd = key == "tokenizer.ggml.eos_token_id"
      settings.append((key, isEnd ? .count(ends[0]) : value))
    }
    if !settings.contains(where: { $0.key == "tokenizer.ggml.eos_token_id" }) {
      settings.append(("tokenizer.ggml.eos_token_id", .count(ends[0])))
    }
    if ends.count > 1 { settings.append(("tokenizer.ggml.eot_token_id", .count(ends[1]))) }
    if let chatTemplate {
      settings.append(("tokenizer.chat_template", .text(chatTemplate)))
    }
    return settings
  }

  /// The ids that end an answer, the tokeniser's own first. Never empty.
  var endTokens: [Int] {
    let ends = language.config.endTokens.isEmpty ? [2] : language.config.endTokens
    guard let own = tokenizer.eos.map(Int.init), ends.contains(own) else { return ends }
    return [own] + ends.filter { $0 != own }
  }

  /// Those of the file that llama.cpp calls mmproj.
  func visionSettings(
    _ vision: VisionCheckpoint, _ projector: ProjectorConfig, _ format: VisionFormat,
    producer: String
  ) -> Settings {
    let config = vision.config
    var settings = general("clip", "mmproj", fileType: format.fileType, producer: producer)
    settings += [
      ("clip.has_text_encoder", .flag(false)), ("clip.has_vision_encoder", .flag(true)),
      ("clip.has_llava_projector", .flag(true)), ("clip.projector_type", .text("mlp")),
      ("clip.use_gelu", .flag(config.activation == .gelu)), ("clip.use_silu", .flag(false)),
    ]
    for (key, value) in [
      ("image_size", config.imageSize), ("patch_size", config.patchSize),
      ("embedding_length", config.width), ("feed_forward_length", config.intermediateWidth),
      ("projection_dim", projector.outputWidth), ("block_count", vision.blocks),
      ("attention.head_count", config.heads),
    ] { settings.append(("clip.vision.\(key)", .count(value))) }
    let pixels = vision.preprocessor
    settings += [
      ("clip.vision.attention.layer_norm_epsilon", .f32(Float(config.epsilon))),
      ("clip.vision.image_mean", .floats(pixels.mean.map { Float($0) })),
      ("clip.vision.image_std", .floats(pixels.standardDeviation.map { Float($0) })),
      ("clip.vision.image_aspect_ratio", .text(pixels.aspect == .pad ? "pad" : "square")),
      // All blocks that are here: without it llama.cpp runs one fewer.
      ("clip.vision.feature_layer", .integers([Int32(clamping: vision.blocks)])),
    ]
    if vision.keepsClassToken { settings.append((GGUFKey.selectFeature, .text("cls_patch"))) }
    if self.settings.marksImages { settings.append((GGUFKey.marksImages, .flag(true))) }
    if pixels.filter != .bicubic { settings.append((GGUFKey.filter, .text("bilinear"))) }
    if case .shortestEdge(let edge) = pixels.size, edge != config.imageSize {
      settings.append((GGUFKey.shortestEdge, .count(edge)))
    }
    return settings
  }
}
