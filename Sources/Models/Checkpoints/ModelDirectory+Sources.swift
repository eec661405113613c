// What a conversion needs to know of a model beyond its parts: where they lie, and what is beside them.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

extension ModelDirectory {
  /// What LLaVA adds to its parts, as the projector's configuration says it.
  public var llavaSettings: ModelConfig { settings }

  /// The directories that parts are taken from, in the hub's cache too.
  public var directories: [String] {
    let named = [model, vision, projector, language, (try? namedTower()) ?? nil]
    return named.compactMap { $0?.directory }
  }

  /// Whether the tower's weights are the model's own or were named by the user, rather than only
  /// found by the name in the configuration. Throws what opening the weights throws.
  public func ownsVisionWeights() throws(Failure) -> Bool {
    if vision != nil { return true }
    guard let model else { return false }
    return try Checkpoint.open(model.path).holds(.vision)
  }

  /// The object in the file `name` beside the language model; nil where there is no such file.
  public func languageObject(_ name: String) throws(Failure) -> JSONObject? {
    guard let source = language ?? model, let directory = try Directory(source.directory),
      try directory.contains(name)
    else { return nil }
    return try readObject(directory.path(of: name), limit: ModelSource.configLimit)
  }
}

extension Checkpoint {
  /// The parts of LLaVA that lie at `path`, a directory, a file, or a name in the hub's cache, with
  /// whatever tensors they have there: nothing is held against a configuration. A tower that the
  /// model only names is taken from the cache.
  public static func parts(at path: String) throws(Failure) -> [ModelPart: Weights] {
    let path = try HubCache.resolve(path)
    let checkpoint = try open(path)
    var parts: [ModelPart: Weights] = [:]
    for part in ModelPart.allCases where checkpoint.holds(part) {
      parts[part] = try Weights(checkpoint, part: part.rawValue)
    }
    if parts[.projector] == nil, let beside = try projectorFile(beside: path),
      beside.path != checkpoint.path
    {
      parts[.projector] = try Weights(beside, part: ModelPart.projector.rawValue)
    }
    if parts[.vision] == nil, parts[.language] != nil,
      let tower = try ifUsable({ () throws(Failure) in
        try ModelDirectory.open(model: path).namedTower()?.path
      }) ?? nil
    {
      parts[.vision] = try Weights(open(tower), part: ModelPart.vision.rawValue)
    }
    return parts
  }
}
