// Where the vision tower comes from: the user's choice, the model's own weights, or the tower it names.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Preprocessing

extension ModelDirectory {
  /// The vision tower. Throws `checkpoint/tensors` with a table when its tensors are not those
  /// that the configuration describes.
  /// `featureLayer` and `keepsClassToken` replace what the model says.
  public func visionCheckpoint(
    featureLayer: Int? = nil, keepsClassToken: Bool? = nil
  ) throws(Failure) -> VisionCheckpoint {
    let tower = try tower()
    let config = tower.config
    try Self.checkFit(
      vision: config, projector: (projector ?? model)?.config?.projector, language: nil)
    var settings = settings
    settings.featureLayer = featureLayer ?? settings.featureLayer
    settings.keepsClassToken = keepsClassToken ?? settings.keepsClassToken
    if let featureLayer, config.blocks(forFeature: featureLayer) == nil {
      throw Failure(
        .mismatch, code: "checkpoint/parts", at: tower.path,
        "expected a layer from \(-config.layers - 1) to \(config.layers), found \(featureLayer)",
        remedy: "give --layer a number that the vision tower has")
    }
    if featureLayer == nil, settings.featureLayer < 0, let own = tower.source?.config,
      own.endsAtFeatureLayer
    {
      throw Failure(
        .mismatch, code: "checkpoint/parts", at: tower.path,
        "the model takes feature layer \(settings.featureLayer), counted from the tower's end, and this"
          + " file lacks the blocks after layer \(own.featureLayer)",
        remedy: "take a whole tower, or give --layer a number from 0 on")
    }
    guard let blocks = config.blocks(forFeature: settings.featureLayer) else {
      throw Failure(
        .mismatch, code: "checkpoint/parts", at: tower.path,
        "the model takes feature layer \(settings.featureLayer), the vision tower has"
          + " \(config.layers) layers")
    }
    try tower.weights.check(config.expectedParameters(blocks: blocks), part: "vision tower")
    let preprocessor = try preprocessor(tower, settings: settings)
    return VisionCheckpoint(
      config: config, blocks: blocks, keepsClassToken: settings.keepsClassToken,
      preprocessor: preprocessor, weights: tower.weights)
  }

  private struct Tower {
    let config: VisionConfig
    let weights: Weights
    /// Where the configuration is, and what lies beside it; nil where the weights alone tell.
    let source: ModelSource?
    var path: String { source?.path ?? weights.path }
  }

  /// The tower that the user named, or that the model describes; the one that it names, out of the
  /// hub's cache; its own weights where nothing else tells of them. A model that finetuned its tower
  /// keeps the tuned weights in its own checkpoint, whatever describes them.
  private func tower() throws(Failure) -> Tower {
    guard let source = vision ?? model else { throw Self.unnamed(.vision) }
    let described = source.config?.vision == nil && vision == nil ? try namedTower() : source
    if let described, let config = described.config?.vision {
      if let model, model.path != described.path, model.config?.ownsVisionTower == true {
        let own = try Weights(Checkpoint.open(model.path), part: "vision")
        if !own.isEmpty { return Tower(config: config, weights: own, source: described) }
      }
      let checkpoint = try Checkpoint.open(described.path)
      let weights = try Weights(checkpoint, part: "vision")
      guard !weights.isEmpty else { throw checkpoint.lacks(.vision) }
      return Tower(config: config, weights: weights, source: described)
    }
    guard vision == nil, let name = source.config?.visionTowerName else {
      throw Self.absent(.vision, in: source)
    }
    let own = try Weights(Checkpoint.open(source.path), part: "vision")
    if let config = VisionConfig(inferredFrom: own, towerName: name) {
      return Tower(config: config, weights: own, source: nil)
    }
    throw Failure(
      .invalidInput, code: "checkpoint/no-part", at: source.path,
      "the model takes its vision tower from \(escapedForTerminal(name.prefix(bytes: 100)))",
      remedy: HubCache.isName(name)
        ? "fetch that (hf download \(name)), or name a directory that holds it with --vision"
        : "name a directory that holds it with --vision")
  }

  /// The tower that the model names, where the hub's cache has it. A path in a configuration is not
  /// followed: it is of another machine, and a file must not choose what is opened here.
  func namedTower() throws(Failure) -> ModelSource? {
    guard let name = model?.config?.visionTowerName, HubCache.isName(name),
      let path = try ifUsable({ () throws(Failure) in try HubCache.cached(name) }) ?? nil
    else { return nil }
    return try ModelSource(path)
  }

  private func preprocessor(_ tower: Tower, settings: ModelConfig) throws(Failure)
    -> PreprocessorSettings
  {
    var found: PreprocessorSettings?
    for source in [tower.source, model].compactMap({ $0 }) where found == nil {
      found = try source.readPreprocessor()
    }
    var result = found ?? PreprocessorSettings(side: tower.config.imageSize)
    guard result.cropWidth == tower.config.imageSize else {
      throw Failure(
        .mismatch, code: "checkpoint/parts", at: tower.path,
        "the preprocessor cuts images of \(result.cropWidth) pixels, the vision tower takes"
          + " \(tower.config.imageSize)")
    }
    if let pads = settings.padsToSquare { result.aspect = pads ? .pad : .crop }
    return result
  }
}

extension VisionConfig {
  /// The shape that the tower's own `weights` show, where a LLaVA in the original layout holds them
  /// and no configuration. Heads, activation and epsilon cannot be seen: they are those of OpenAI's
  /// CLIP, so nil unless `towerName` says that the tower was made from one (reference: llava.md 4.1;
  /// ShareGPT4V tuned OpenAI's).
  init?(inferredFrom weights: Weights, towerName: String) {
    let isOpenAI = ["openai/clip-vit-", "ShareGPT4V"].contains {
      towerName.firstRange(of: $0) != nil
    }
    guard isOpenAI, let patch = weights.entry("vision.patch_embedding.weight")?.shape,
      let positions = weights.entry("vision.position_embedding.weight")?.shape,
      let up = weights.entry("vision.layers.0.mlp.fc1.weight")?.shape,
      patch.count == 4, positions.count == 2, up.count == 2,
      (1...1 << 16).contains(patch[0]), patch[0] % Self.openAIHeadWidth == 0,
      (1...1024).contains(patch[3]), (2...1 << 16).contains(positions[0])
    else { return nil }
    var layers = 0
    while layers < 1024, weights.contains("vision.layers.\(layers).layer_norm1.weight") {
      layers += 1
    }
    let side = Int(Double(positions[0] - 1).squareRoot())
    guard layers > 0, side * side == positions[0] - 1 else { return nil }
    self.init(
      width: patch[0], intermediateWidth: up[0], layers: layers,
      heads: patch[0] / Self.openAIHeadWidth, imageSize: side * patch[3], patchSize: patch[3])
  }

  /// Of each head, in every size of OpenAI's CLIP.
  private static let openAIHeadWidth = 64
}
