// The model that is converted: its parts, opened and checked, and its tokeniser.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import JSON
import Tokenizers

/// Everything that a conversion reads.
public struct ConversionSource: Sendable {
  /// The last part of the path that the user named.
  let name: String
  let settings: ModelConfig
  /// Nil where the result shall name its tower and hold none, as LLaVA 1.5 does.
  let vision: VisionCheckpoint?
  let projector: ProjectorConfig
  /// Nil where the projector is among what was trained.
  let projectorWeights: Weights?
  /// What stands in the places of the model's own parameters; nil for none.
  let trained: ReplacedParts?
  let language: LanguageCheckpoint
  /// Nil where the model has none.
  let tokenizer: TokenizerFiles?
  let generation: JSONObject?
  let chatTemplate: ChatTemplate?
  /// Directories that must not be written to.
  public let directories: [String]

  /// Opens the model in `directory` for a conversion to `layout`. `name`: what the user called it.
  /// What was `trained` takes the places of the model's own parameters; with a projector among it the
  /// model needs none.
  ///
  /// Throws what opening the parts throws, and `convert/projector` or `checkpoint/no-tokenizer` where
  /// the layout has no form for the model.
  public init(
    _ directory: ModelDirectory, name: String, layout: TargetLayout,
    trained: ReplacedParts? = nil
  ) throws(Failure) {
    self.name = Self.lastPart(of: name)
    settings = directory.llavaSettings
    language = try directory.languageCheckpoint()
    self.trained = trained
    if let projector = trained?.projector {
      (self.projector, projectorWeights) = (projector.config, nil)
    } else {
      let checkpoint = try directory.projectorCheckpoint()
      (projector, projectorWeights) = (checkpoint.config, checkpoint.weights)
    }
    if layout == .huggingFace, projector.depth != 2 {
      throw Failure(
        .mismatch, code: "convert/projector", at: projectorWeights?.path,
        "expected a projector of two layers (mlp2x_gelu), the only one that the layout llava-hf has,"
          + " found \(projector.typeName)",
        remedy: "use --layout llava, which has all of LLaVA's projectors")
    }
    let ownsTower = try directory.ownsVisionWeights()
    let needsTower = layout == .huggingFace || ownsTower || trained?.tunesVision == true
    vision = needsTower ? try directory.visionCheckpoint() : nil
    let tokenizerDirectory = try directory.tokenizerPathIfAny()
    if layout == .huggingFace, tokenizerDirectory == nil { _ = try directory.tokenizerPath() }
    if let tokenizerDirectory {
      tokenizer = try TokenizerFiles(tokenizerDirectory)
      chatTemplate = try ChatTemplate.find(in: tokenizerDirectory)
    } else {
      (tokenizer, chatTemplate) = (nil, nil)
    }
    generation = try directory.languageObject("generation_config.json")
    let files = [vision?.weights.path, projectorWeights?.path, language.weights.path]
    directories =
      directory.directories
      + ([tokenizerDirectory] + files.map { $0.flatMap(Self.directory) }).compactMap { $0 }
  }

  /// The parts that files hold, by their names.
  var parts: [(part: ModelPart, weights: Weights)] {
    var parts: [(part: ModelPart, weights: Weights)] = []
    if let vision { parts.append((.vision, vision.weights)) }
    if let projectorWeights { parts.append((.projector, projectorWeights)) }
    return parts + [(.language, language.weights)]
  }

  /// Throws `file/changed` where a file is not the one that was opened.
  func verifyUnchanged() throws(Failure) {
    for (_, weights) in parts { try weights.verifyUnchanged() }
  }

  static func lastPart(of path: String) -> String {
    path.split(atByte: UInt8(ascii: "/")).last { !$0.isEmpty && $0 != "." } ?? "model"
  }

  /// The directory that holds the file `path`; `path` itself where it is a directory.
  static func directory(of path: String) -> String {
    let isFile = path.utf8.contains(UInt8(ascii: ".")) && !path.hasSuffix("/")
    return isFile && path.utf8.contains(UInt8(ascii: "/")) ? splitPath(path).directory : path
  }
}

/// The layouts that a model can be converted to.
public enum TargetLayout: String, CaseIterable, Sendable {
  /// That of transformers' LlavaForConditionalGeneration, in the spelling that all its versions read.
  case huggingFace = "llava-hf"
  /// That of LLaVA's own code.
  case original = "llava"

  var tensors: CheckpointLayout { self == .huggingFace ? .huggingFace : .original }
}
