// Families of models near LLaVA that do not run here: named, with what each would need.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// A family that a configuration tells of (reference: families.md 1.2, from the configurations that
/// its checkpoints carry).
struct OtherFamily {
  let name: String
  /// What running it needs and is not built here.
  let lacks: String

  /// The first family that `reader`'s configuration shows; nil for those that run, and for ones that
  /// nobody has told us of.
  static func recognised(in reader: ConfigReader) -> OtherFamily? {
    families.first { $0.shows(reader) }?.family
  }

  func refusal(at place: String) -> Failure {
    Failure(
      .mismatch, code: "checkpoint/family", at: place,
      "expected LLaVA 1.5 or older, CLIP, LLaMA, Vicuna or Mistral, found \(name), which needs what is not"
        + " built here: \(lacks)", remedy: "take a LLaVA up to 1.5")
  }

  /// LLaVA 1.6, found in a GGUF file.
  static let tiles = OtherFamily(name: "LLaVA 1.6", lacks: anyres)
  /// A tower without a class token, found in a GGUF file.
  static let siglip = OtherFamily(name: "a LLaVA on SigLIP", lacks: "SigLIP's vision tower")

  private static let anyres = "tiles of an image (anyres), their merge, image_newline"
  private static let byteLevel = "a byte-level tokenizer"

  /// From the most particular to the most general.
  private static let families: [(family: OtherFamily, shows: @Sendable (ConfigReader) -> Bool)] = [
    family(
      "JoyCaption or another LLaVA on SigLIP and Llama 3",
      "SigLIP's vision tower, \(byteLevel), Llama 3's scaling of positions"
    ) {
      $0.hasType("llava") && $0.tower.hasType("siglip") && $0.decoder.hasType("llama")
    },
    family("LLaVA-OneVision", "SigLIP's vision tower, Qwen2's decoder, \(byteLevel), \(anyres)") {
      $0.hasType("llava_onevision")
    },
    family("a LLaVA on Qwen2", "Qwen2's decoder, \(byteLevel)") {
      $0.hasType("llava_qwen") || $0.hasType("llava") && $0.decoder.hasType("qwen")
    },
    family("ViP-LLaVA", "features of several layers and a norm before the projector") {
      $0.hasType("vipllava")
    },
    family("LLaVA 1.6 on Mistral", anyres) {
      $0.usesTiles && ($0.hasType("llava_mistral") || $0.decoder.hasType("mistral"))
    },
    family("LLaVA 1.6 on Llama 3", "\(byteLevel), \(anyres)") {
      $0.usesTiles && $0.decoder.isLlama3
    },
    family("LLaVA 1.6", anyres) { $0.usesTiles },
    family("a LLaVA on MPT", "MPT's decoder, \(byteLevel)") {
      $0.hasType("llava_mpt") || $0.hasType("mpt")
    },
    family("a LLaVA on Phi 3", "Phi 3's decoder with fused weights") {
      $0.hasType("llava_phi") || $0.decoder.hasType("phi")
    },
    family("a LLaVA on Gemma", "Gemma's decoder") {
      $0.hasType("llava_gemma") || $0.decoder.hasType("gemma")
    },
    family("a LLaVA on SigLIP", "SigLIP's vision tower") {
      $0.tower.hasType("siglip") || $0.towerName.contains("siglip")
    },
    family("a model on Llama 3", "\(byteLevel), Llama 3's scaling of positions") {
      $0.decoder.isLlama3
    },
    family("Qwen2", "Qwen2's decoder, \(byteLevel)") { $0.hasType("qwen") },
    family("SigLIP", "SigLIP's vision tower") { $0.hasType("siglip") },
    family("Phi 3", "Phi 3's decoder with fused weights") { $0.hasType("phi") },
    family("Gemma", "Gemma's decoder") { $0.hasType("gemma") },
  ]

  private static func family(
    _ name: String, _ lacks: String, _ shows: @escaping @Sendable (ConfigReader) -> Bool
  ) -> (family: OtherFamily, shows: @Sendable (ConfigReader) -> Bool) {
    (OtherFamily(name: name, lacks: lacks), shows)
  }
}

extension ConfigReader {
  /// What `text_config` says, or this object where the decoder's keys stand in it.
  fileprivate var decoder: ConfigReader { part("text_config") ?? self }

  /// What `vision_config` says.
  fileprivate var tower: ConfigReader { part("vision_config") ?? self }

  /// Where the original LLaVA takes its vision tower from.
  fileprivate var towerName: String { object["mm_vision_tower"]?.string ?? "" }

  private func part(_ key: String) -> ConfigReader? {
    object[key]?.object.map { ConfigReader(object: $0, prefix: prefix, problems: problems) }
  }

  /// Whether `model_type` begins with `name`: `qwen` stands for qwen2, qwen2_vl and so on. LLaVA's
  /// name is that of many others' beginnings and must be whole.
  fileprivate func hasType(_ name: String) -> Bool {
    let type = object["model_type"]?.string ?? ""
    return name == "llava" ? type == name : type.hasPrefix(name)
  }

  /// LLaVA 1.6 cuts an image into tiles.
  fileprivate var usesTiles: Bool {
    if let aspect = object["image_aspect_ratio"]?.string { return aspect.hasPrefix("anyres") }
    return hasType("llava_next") || value("image_grid_pinpoints") != nil
  }

  /// By the size of its vocabulary, or by how it scales positions.
  fileprivate var isLlama3: Bool {
    let rope = (object["rope_scaling"] ?? object["rope_parameters"])?.object
    let scaling = rope?["rope_type"]?.string ?? rope?["type"]?.string
    let vocabulary = object["vocab_size"]?.int ?? 0
    return scaling == "llama3" || (128_256...128_320).contains(vocabulary)
  }
}
