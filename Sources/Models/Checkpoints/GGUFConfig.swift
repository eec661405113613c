// What the metadata of GGUF files says of a model, as the configuration that others have in JSON.
// SPDX-License-Identifier: Apache-2.0
import GGUF
import InputOutput
import JSON
import Preprocessing

extension GGUFModel {
  /// The configuration of the parts that are here. Throws `.mismatch` with everything that is wrong,
  /// code `checkpoint/config`, or `checkpoint/family`.
  func config() throws(Failure) -> ModelConfig {
    var config = ModelConfig()
    config.kind = .gguf
    if let language {
      config.language = try LanguageConfig(language)
      config.origin = language.first["general.name"]?.text
      config.imageToken = language.first["tokenizer.ggml.tokens"].flatMap(Self.imageToken)
    }
    if let projector { try Self.read(projector, into: &config) }
    return config
  }

  /// The id of `<image>`, which llava-hf adds behind the vocabulary.
  private static func imageToken(_ tokens: GGUFValue) -> Int? {
    tokens.texts?.lastIndex { $0.utf8.elementsEqual("<image>".utf8) }
  }

  private static func read(_ file: GGUFFile, into config: inout ModelConfig) throws(Failure) {
    let problems = ConfigProblems()
    let reader = ConfigReader(object: file.settings, prefix: "", problems: problems)
    try refuseOthers(file, reader)
    let hasTower = file.tensors.contains { $0.name.hasPrefix("v.") }
    if hasTower {
      let vision = VisionConfig(gguf: reader)
      // Converters leave out the last block and the last norm, so that all that is there is run; one
      // that wrote the norm wrote the whole tower.
      config.endsAtFeatureLayer = file.tensor(named: "v.post_ln.weight") == nil
      config.featureLayer = reader.featureLayer(
        of: vision, default: config.endsAtFeatureLayer ? vision.layers : -2)
      config.vision = vision
    }
    config.projector = projectorShape(file)
    // LLaVA 1.5 pads; the first LLaVA, whose projector has one layer, cuts the middle out.
    config.padsToSquare = reader.choice(
      "clip.vision.image_aspect_ratio", default: (config.projector?.depth ?? 2) > 1,
      ["pad": true, "square": false])
    config.keepsClassToken = reader.choice(
      GGUFKey.selectFeature, default: false, ["patch": false, "cls_patch": true])
    config.marksImages = reader.flag(GGUFKey.marksImages, default: false)
    try problems.throwIfAny(at: file.path, remedy: GGUFKey.remedy)
  }

  /// The shape of `mm.0`, `mm.2` and so on; nil where there is no projector.
  private static func projectorShape(_ file: GGUFFile) -> ProjectorConfig? {
    var shapes: [[Int]] = []
    while shapes.count < ProjectorConfig.depthLimit,
      let shape = file.tensor(named: "mm.\(2 * shapes.count).weight")?.shape, shape.count == 2
    {
      shapes.append(shape)
    }
    guard let first = shapes.first, let last = shapes.last else { return nil }
    return ProjectorConfig(depth: shapes.count, inputWidth: first[1], outputWidth: last[0])
  }

  /// Throws `checkpoint/family` for towers and projectors that are not built here, by their names.
  private static func refuseOthers(_ file: GGUFFile, _ reader: ConfigReader) throws(Failure) {
    let newlines = ["model.image_newline", "v.image_newline"]
    let usesTiles =
      reader.value("clip.vision.image_grid_pinpoints") != nil
      || newlines.contains { file.tensor(named: $0) != nil }
      || reader.object["clip.vision.image_aspect_ratio"]?.string?.hasPrefix("anyres") == true
    if usesTiles { throw OtherFamily.tiles.refusal(at: file.path) }
    let type = reader.object["clip.projector_type"]?.string ?? "mlp"
    let hasNorms = ["mm.1.weight", "mm.3.weight"].contains { file.tensor(named: $0) != nil }
    guard type == "mlp", !hasNorms else {
      let name = hasNorms ? "mlp_norm (Yi-VL)" : escapedForTerminal(type.prefix(bytes: 64))
      throw OtherFamily(
        name: "a model with a projector of type \(name)", lacks: "that projector"
      ).refusal(at: file.path)
    }
    let hasTower = file.tensors.contains { $0.name.hasPrefix("v.") }
    if hasTower, file.tensor(named: "v.class_embd") == nil {
      throw OtherFamily.siglip.refusal(at: file.path)
    }
  }

  /// The image settings; nil where no tower is here. Throws `.mismatch` with what is wrong.
  func preprocessor() throws(Failure) -> PreprocessorSettings? {
    guard let projector else { return nil }
    let problems = ConfigProblems()
    let reader = ConfigReader(object: projector.settings, prefix: "", problems: problems)
    var settings = PreprocessorSettings(
      side: reader.count("clip.vision.image_size", default: 336, limit: 8192))
    settings.mean = reader.channels(
      "clip.vision.image_mean", default: settings.mean, in: -16...16)
    settings.standardDeviation = reader.channels(
      "clip.vision.image_std", default: settings.standardDeviation, in: 1e-6...16)
    settings.filter = reader.choice(
      GGUFKey.filter, default: settings.filter, ["bilinear": .bilinear, "bicubic": .bicubic])
    settings.size = .shortestEdge(
      reader.integer(
        GGUFKey.shortestEdge, default: settings.cropWidth, in: settings.cropWidth...8192))
    try problems.throwIfAny(at: projector.path, remedy: GGUFKey.remedy)
    return settings
  }
}

/// What llama.cpp has no keys for: LLaVA's own words where it has some, and ours.
public enum GGUFKey {
  /// `patch`, or `cls_patch` where the class token's row stays.
  public static let selectFeature = "clip.vision.mm_vision_select_feature"
  /// Whether `<im_start>` and `<im_end>` stand around each image.
  public static let marksImages = "clip.vision.mm_use_im_start_end"
  /// The filter that pictures are resized with, and their shorter side before they are cut.
  public static let filter = "llava_tools.image.filter"
  public static let shortestEdge = "llava_tools.image.shortest_edge"

  /// What to do about settings that are missing or wrong.
  static let remedy = "take another edition of the model, or convert it again"
}

extension GGUFFile {
  /// Lists up to this length are settings, longer ones data.
  private static let listLimit = 256
  private static let textLimit = 1 << 12

  /// The single values and short lists of numbers among the metadata; numbers that JSON has no spelling
  /// for as texts, which no setting may be.
  var settings: JSONObject {
    var object = JSONObject()
    for key in keys {
      guard let value = self[key], value.count <= Self.listLimit else { continue }
      object[key] = Self.json(value)
    }
    return object
  }

  private static func json(_ value: GGUFValue) -> JSONValue? {
    if let flag = value.flag { return .bool(flag) }
    if value.type == .text {
      return value.text.flatMap { $0.utf8.count <= textLimit ? .string($0) : nil }
    }
    if value.type == .u64, value.integers == nil { return .string("a number of 2^63 or more") }
    var numbers = value.integers?.map { JSONValue.int($0) }
    if numbers == nil {
      numbers = value.numbers?.map { $0.isFinite ? .double($0) : .string("\($0)") }
    }
    guard let numbers else { return nil }
    return value.isArray ? .array(numbers) : numbers.first
  }
}

extension ConfigReader {
  /// A count that has no default.
  func neededCount(_ key: String, limit: Int = countLimit) -> Int {
    if value(key) == nil { problems.add("\(prefix)\(key) is missing") }
    return count(key, default: 1, limit: limit)
  }

  /// A number that has no default.
  func neededReal(_ key: String, in range: ClosedRange<Double>) -> Double {
    if value(key) == nil { problems.add("\(prefix)\(key) is missing") }
    return real(key, default: range.lowerBound, in: range)
  }

  /// Which hidden state the projector was trained on: a list of one state, counted from the embeddings.
  fileprivate func featureLayer(of vision: VisionConfig, default fallback: Int) -> Int {
    let key = "clip.vision.feature_layer"
    // Where the tower's own settings are wrong, how many layers it has is not known.
    guard let value = value(key), problems.isEmpty else { return fallback }
    guard let layers = value.array, layers.count == 1, let layer = layers[0].int,
      (0...vision.layers).contains(layer)
    else {
      problems.add(
        "\(key) must be a list of one layer from 0 to \(vision.layers), not \(shown(value))")
      return fallback
    }
    return layer
  }
}
