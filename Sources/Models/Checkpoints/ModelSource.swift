// A place that parts of a model come from: its configuration and the files beside it.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Preprocessing
import Tokenizers

/// A directory, or a weights file and what lies beside it; a model's name on the hub stands for its
/// directory in the cache, `ollama:NAME:TAG` for files of Ollama's.
struct ModelSource: Sendable {
  let path: String
  /// The directory itself, or the one that holds the file.
  let directory: String
  /// Nil for weights without a config.json beside them: a projector tells its shape by its tensors.
  let config: ModelConfig?
  /// The GGUF files that say and hold everything; nil for other formats.
  let gguf: GGUFModel?

  static let configLimit = 16 << 20

  /// What config.json would say of the model that an adapter was trained for: transformers takes a
  /// directory with an adapter and a config.json for a whole model's.
  static let adapterDescription = "llava_config.json"

  /// `part`: what is taken from here; nil for all that is there. An adapter gives its projector only.
  ///
  /// Throws `checkpoint/not-found`, `checkpoint/no-config`, or what is wrong with the config.
  init(_ path: String, part: ModelPart? = nil) throws(Failure) {
    let path = try HubCache.resolve(path)
    self.path = path
    gguf = try GGUFModel.find(path)
    if let gguf {
      directory = gguf.directory
      try OutputClaims.checkDirectory(gguf.directory)
      config = try gguf.config()
      return
    }
    if let found = try Directory(path) {
      directory = found.path
      try OutputClaims.checkDirectory(found.path)
      guard try found.contains("config.json") else {
        if part == .projector, try WeightFiles.isAdapter(found) {
          let name = Self.adapterDescription
          config = try found.contains(name) ? Self.readConfig(found, name) : nil
          return
        }
        if let refusal = try OtherKind.refusal(of: found) { throw refusal }
        guard try WeightFiles.find(in: found) != nil else {
          throw Failure(
            .invalidInput, code: "checkpoint/no-config", at: path,
            "expected config.json in the directory",
            remedy: "name the directory that holds the model's config.json and weights")
        }
        config = nil
        return
      }
      config = try Self.readConfig(found)
    } else {
      guard try fileExists(path) else { throw Self.notFound(path) }
      let (parent, name) = splitPath(path)
      directory = parent
      if WeightFiles.others.contains(name) {
        throw Failure(
          .invalidInput, code: "checkpoint/no-weights", at: path,
          "expected a model directory or weights, found a file that lies beside them",
          remedy: "name the directory: \(directory)")
      }
      if let beside = try Directory(directory), try beside.contains("config.json") {
        config = try Self.readConfig(beside)
      } else {
        config = nil
      }
    }
  }

  static func notFound(_ path: String) -> Failure {
    Failure(
      .inputOutput, code: "checkpoint/not-found", at: path,
      "there is no such file or directory", remedy: "check the path")
  }

  /// The configuration of the model at `path`, as of `init`; nil where there is none.
  static func config(of path: String) throws(Failure) -> ModelConfig? {
    let path = try HubCache.resolve(path)
    if let model = try GGUFModel.find(path) { return try model.config() }
    guard let directory = try Directory(holding: path), try directory.contains("config.json") else {
      return nil
    }
    return try readConfig(directory)
  }

  private static func readConfig(
    _ directory: Directory, _ name: String = "config.json"
  ) throws(Failure) -> ModelConfig {
    let path = directory.path(of: name)
    var config = try ModelConfig(readObject(path, limit: configLimit), place: path)
    if config.language != nil, try directory.contains("generation_config.json") {
      let path = directory.path(of: "generation_config.json")
      let problems = ConfigProblems()
      let reader = ConfigReader(
        object: try readObject(path, limit: configLimit), prefix: "", problems: problems)
      if let tokens = reader.tokens("eos_token_id") { config.language?.endTokens = tokens }
      try problems.throwIfAny(at: path)
    }
    return config
  }

  /// The image settings: preprocessor_config.json, or the `image_processor` that newer versions of
  /// transformers put into processor_config.json, or what a GGUF file says. Nil when there is none.
  func readPreprocessor() throws(Failure) -> PreprocessorSettings? {
    if let gguf { return try gguf.preprocessor() }
    guard let directory = try Directory(directory) else { return nil }
    if try directory.contains("preprocessor_config.json") {
      let path = directory.path(of: "preprocessor_config.json")
      return try PreprocessorSettings(readObject(path, limit: Self.configLimit), place: path)
    }
    guard try directory.contains("processor_config.json") else { return nil }
    let path = directory.path(of: "processor_config.json")
    let object = try readObject(path, limit: Self.configLimit)
    guard let settings = object["image_processor"]?.object else { return nil }
    return try PreprocessorSettings(settings, place: path)
  }

  func holdsTokenizer() throws(Failure) -> Bool {
    if let gguf { return gguf.tokenizerPath != nil }
    guard let directory = try Directory(directory) else { return false }
    return try directory.first(of: Tokenizer.fileNames) != nil
  }

  /// The directory, or the GGUF file, that the tokeniser is read from.
  var tokenizerPath: String { gguf?.tokenizerPath ?? directory }
}
