// What a model directory's config.json says, whichever kind of model it describes.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// A configuration: LLaVA in llava-hf's or the original layout, a bare CLIP, or a bare LLaMA.
/// Parts that the file does not describe are nil.
public struct ModelConfig: Equatable, Sendable {
  /// What kind of model a configuration describes.
  public enum Kind: String, Sendable {
    /// LLaVA as llava-hf publishes it.
    case huggingFace = "llava-hf"
    /// LLaVA as its authors publish it.
    case original = "llava"
    /// A bare CLIP.
    case vision = "clip"
    /// A bare LLaMA or Vicuna.
    case language = "llama"
    /// Whatever of LLaVA stands in GGUF files.
    case gguf = "gguf"
  }

  /// Nil where no configuration was read.
  public var kind: Kind?
  public var vision: VisionConfig?
  public var projector: ProjectorConfig?
  public var language: LanguageConfig?
  /// The feature layer: negative numbers count from the last hidden state, 0 is the embeddings.
  public var featureLayer = -2
  /// Whether the tower lacks its blocks after the feature layer, as most GGUF files do: then layers
  /// cannot be counted from its end.
  public var endsAtFeatureLayer = false
  /// Whether features include the class token's row, before the patches' (`full`, `cls_patch`).
  public var keepsClassToken = false
  /// Images are padded to squares; nil when the configuration does not say.
  public var padsToSquare: Bool?
  /// The id of `<image>`, where the vocabulary has one (llava-hf).
  public var imageToken: Int?
  /// `<im_start>` and `<im_end>` stand around each image (the first LLaVA).
  public var marksImages = false
  /// Where the original LLaVA takes its vision tower from: a repository's name or a path.
  public var visionTowerName: String?
  /// The checkpoint's own vision tower replaces the one named (LLaVA 1.6, finetuned towers).
  public var ownsVisionTower = false
  /// What the model was called, or what it was trained from: `_name_or_path`.
  public var origin: String?

  public init() {}
}

extension ModelConfig {
  /// The configuration of the model at `path`, a directory, a file in one, or a name in the hub's
  /// cache; nil where there is none. Throws what reading it throws.
  public static func find(in path: String) throws(Failure) -> ModelConfig? {
    try ModelSource.config(of: path)
  }

  /// Reads `object`, found at `place`.
  /// Throws `.mismatch` with everything that is wrong, code `checkpoint/config`, or
  /// `checkpoint/quantised`, `checkpoint/family`.
  public init(_ object: JSONObject, place: String) throws(Failure) {
    let problems = ConfigProblems()
    let reader = ConfigReader(object: object, prefix: "", problems: problems)
    for reader in [reader, reader.nested("text_config")].compactMap({ $0 }) {
      if let method = reader.quantisation { throw OtherKind.quantised(method, at: place) }
    }
    if let family = OtherFamily.recognised(in: reader) { throw family.refusal(at: place) }
    kind = Kind(reader)
    origin = reader.object["_name_or_path"]?.string
    switch kind {
    case .huggingFace: readHuggingFace(reader)
    case .original: readOriginal(reader)
    case .vision: vision = VisionConfig(reader.nested("vision_config") ?? reader)
    case .language: language = LanguageConfig(reader)
    case .gguf, nil:
      let name = reader.value("model_type").map(reader.shown) ?? "missing"
      problems.add("model_type is \(name); supported: llava, llava_llama, llama, mistral, clip")
    }
    if let vision, problems.isEmpty {
      problems.require(
        vision.blocks(forFeature: featureLayer) != nil,
        "feature layer \(featureLayer) does not exist: the tower has \(vision.layers) layers")
    }
    try problems.throwIfAny(at: place)
  }

  private mutating func readHuggingFace(_ reader: ConfigReader) {
    let vision = reader.nested("vision_config").map { VisionConfig($0) } ?? .llavaDefault
    var language = reader.nested("text_config").map { LanguageConfig($0) } ?? .classDefault
    language.tiesEmbeddings =
      reader.flag("tie_word_embeddings", default: false) || language.tiesEmbeddings
    readFeature(
      reader, layer: "vision_feature_layer", rows: "vision_feature_select_strategy",
      ["default": false, "full": true])
    let token = reader.value("image_token_index") == nil ? "image_token_id" : "image_token_index"
    marksImages = reader.flag("mm_use_im_start_end", default: false)
    imageToken = reader.integer(token, default: 32000, in: 0...Int(Int32.max))
    projector = .huggingFace(reader, vision: vision, language: language)
    self.vision = vision
    self.language = language
  }

  private mutating func readOriginal(_ reader: ConfigReader) {
    language = LanguageConfig(
      reader, modelTypes: ["llava", "llava_llama", "llava_mistral", "llama", "mistral"])
    projector = .original(reader)
    // LLaVA's own code never writes it: `llava-weights convert` does, for towers without a name.
    vision = reader.nested("vision_config").map { VisionConfig($0) }
    readFeature(
      reader, layer: "mm_vision_select_layer", rows: "mm_vision_select_feature",
      ["patch": false, "cls_patch": true])
    padsToSquare = reader.choice(
      "image_aspect_ratio", default: false, ["pad": true, "square": false])
    marksImages = reader.flag("mm_use_im_start_end", default: false)
    visionTowerName = reader.text("mm_vision_tower")
    ownsVisionTower = reader.flag("unfreeze_mm_vision_tower", default: false)
    reader.requireFlag("s2", false)
  }

  private mutating func readFeature(
    _ reader: ConfigReader, layer: String, rows: String, _ meanings: KeyValuePairs<String, Bool>
  ) {
    if reader.value(layer)?.array != nil {
      reader.problems.add("\(layer) is a list; only one feature layer is supported")
    } else {
      featureLayer = reader.integer(layer, default: -2, in: -1025...1025)
    }
    keepsClassToken = reader.choice(rows, default: false, meanings)
  }
}

extension ModelConfig.Kind {
  /// `model_type` alone does not tell: `llava` is both llava-hf's and the original's, and `clip`,
  /// too, has a `vision_config`.
  fileprivate init?(_ reader: ConfigReader) {
    let architecture = reader.value("architectures")?.array?.first?.string ?? ""
    let isOriginal =
      architecture == "LlavaLlamaForCausalLM"
      || ["mm_projector_type", "mm_hidden_size", "mm_vision_tower"]
        .contains { reader.value($0) != nil }
    switch reader.value("model_type")?.string {
    case "clip", "clip_vision_model": self = .vision
    case "llava_llama", "llava_mistral": self = .original
    case "llava", "llama", "mistral", nil:
      if isOriginal {
        self = .original
      } else if reader.value("text_config") != nil || reader.value("vision_config") != nil
        || architecture == "LlavaForConditionalGeneration"
      {
        self = .huggingFace
      } else if ["llama", "mistral"].contains(reader.value("model_type")?.string) {
        self = .language
      } else {
        return nil
      }
    default: return nil
    }
  }
}

extension ModelConfig {
  /// Rows of features that one image becomes; nil where neither a description of the vision tower
  /// nor its name tells.
  public var rowsPerImage: Int? {
    let patches = vision?.patches ?? visionTowerName.flatMap { Self.knownTowers[$0] }
    return patches.map { $0 + (keepsClassToken ? 1 : 0) }
  }

  /// The patches of the towers that LLaVA names.
  private static let knownTowers = [
    "openai/clip-vit-large-patch14-336": 576, "openai/clip-vit-large-patch14": 256,
  ]
}

extension VisionConfig {
  /// How many blocks must run to give hidden state `layer`: entry 0 is the embeddings, entry N the
  /// output of block N, and negative indices count from the end. Nil when there is no such state.
  public func blocks(forFeature layer: Int) -> Int? {
    let states = layers + 1
    let index = layer < 0 ? states + layer : layer
    return (0..<states).contains(index) ? index : nil
  }
}
