// The shape of a LLaMA or Vicuna language model.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// A language model's hyperparameters (LlamaConfig of transformers).
public struct LanguageConfig: Equatable, Sendable {
  /// The hidden size.
  public var width: Int
  /// The intermediate size of the MLP.
  public var intermediateWidth: Int
  public var layers: Int
  public var heads: Int
  /// The number of key-value heads; divides `heads`.
  public var keyValueHeads: Int
  /// Even, because rotary embedding rotates pairs.
  public var headWidth: Int
  /// Token ids are below this; the embedding may have more rows.
  public var vocabulary: Int
  /// The RMS norms' epsilon.
  public var epsilon: Double
  /// The base of the rotary embedding's frequencies.
  public var ropeTheta: Double
  /// Linear position scaling: positions are divided by this; 1 for none.
  public var ropeFactor: Double
  /// The context length of the model.
  public var maxPositions: Int
  /// Whether the output layer is the embedding (tied).
  public var tiesEmbeddings: Bool
  /// The id that begins a text, nil for none.
  public var beginToken: Int?
  /// The ids that end a text.
  public var endTokens: [Int]

  public init(
    width: Int, intermediateWidth: Int, layers: Int, heads: Int, keyValueHeads: Int? = nil,
    headWidth: Int? = nil, vocabulary: Int, epsilon: Double = 1e-5, ropeTheta: Double = 10_000,
    ropeFactor: Double = 1, maxPositions: Int = 4096, tiesEmbeddings: Bool = false,
    beginToken: Int? = 1, endTokens: [Int] = [2]
  ) {
    self.width = width
    self.intermediateWidth = intermediateWidth
    self.layers = layers
    self.heads = heads
    self.keyValueHeads = keyValueHeads ?? heads
    self.headWidth = headWidth ?? width / heads
    self.vocabulary = vocabulary
    self.epsilon = epsilon
    self.ropeTheta = ropeTheta
    self.ropeFactor = ropeFactor
    self.maxPositions = maxPositions
    self.tiesEmbeddings = tiesEmbeddings
    self.beginToken = beginToken
    self.endTokens = endTokens
  }
}

extension LanguageConfig {
  /// The defaults of transformers' LlamaConfig for missing keys.
  static let classDefault = LanguageConfig(
    width: 4096, intermediateWidth: 11008, layers: 32, heads: 32, vocabulary: 32000,
    epsilon: 1e-6, maxPositions: 2048)

  /// Those of its MistralConfig: Mistral is a LLaMA of this shape, with a sliding attention window.
  static let mistralDefault = LanguageConfig(
    width: 4096, intermediateWidth: 14336, layers: 32, heads: 32, keyValueHeads: 8,
    vocabulary: 32000, epsilon: 1e-6, maxPositions: 4096 * 32)

  /// Reads `reader`'s object; problems go to the reader. `modelTypes` are the names that the
  /// object may have: the original LLaVA keeps these keys in its own configuration.
  init(_ reader: ConfigReader, modelTypes: [String] = ["llama", "mistral"]) {
    let isMistral = reader.isMistral
    let standard = isMistral ? Self.mistralDefault : Self.classDefault
    let heads = reader.count("num_attention_heads", default: standard.heads, limit: 1024)
    let width = reader.count("hidden_size", default: standard.width, limit: 1 << 16)
    let rope = Rope(reader)
    self.init(
      width: width,
      intermediateWidth: reader.count("intermediate_size", default: standard.intermediateWidth),
      layers: reader.count("num_hidden_layers", default: standard.layers, limit: 1024),
      heads: heads,
      keyValueHeads: reader.count(
        "num_key_value_heads", default: isMistral ? standard.keyValueHeads : heads, limit: 1024),
      headWidth: reader.count("head_dim", default: max(1, width / heads), limit: 4096),
      vocabulary: reader.count("vocab_size", default: standard.vocabulary, limit: 1 << 24),
      epsilon: reader.real("rms_norm_eps", default: standard.epsilon, in: 1e-12...0.1),
      ropeTheta: rope.theta, ropeFactor: rope.factor,
      maxPositions: reader.count(
        "max_position_embeddings", default: standard.maxPositions, limit: 1 << 24),
      tiesEmbeddings: reader.flag("tie_word_embeddings", default: false),
      beginToken: reader.object["bos_token_id"] == .null
        ? nil : reader.integer("bos_token_id", default: 1, in: 0...Int(Int32.max)),
      endTokens: reader.tokens("eos_token_id") ?? [2])
    reader.require("model_type", oneOf: modelTypes)
    reader.require("hidden_act", oneOf: ["silu"])
    reader.requireFlag("attention_bias", false)
    reader.requireFlag("mlp_bias", false)
    guard reader.problems.isEmpty else { return }
    check(reader)
  }

  private func check(_ reader: ConfigReader) {
    let prefix = reader.prefix
    if let window = reader.window, window < maxPositions {
      reader.problems.require(
        reader.flag("use_sliding_window", default: true) == false,
        "\(prefix)sliding_window \(window) is not supported: a window of attention narrower than"
          + " max_position_embeddings \(maxPositions)")
    }
    if reader.value("head_dim") == nil {
      reader.problems.require(
        width % heads == 0,
        "\(prefix)hidden_size \(width) is not a multiple of num_attention_heads \(heads)")
    }
    reader.problems.require(
      heads % keyValueHeads == 0,
      "\(prefix)num_attention_heads \(heads) is not a multiple of"
        + " num_key_value_heads \(keyValueHeads)")
    reader.problems.require(headWidth % 2 == 0, "\(prefix)head_dim \(headWidth) is odd")
    if let beginToken {
      reader.problems.require(
        beginToken < vocabulary,
        "\(prefix)bos_token_id \(beginToken) is not below vocab_size \(vocabulary)")
    }
  }
}

extension ConfigReader {
  fileprivate var isMistral: Bool {
    ["mistral", "llava_mistral"].contains(object["model_type"]?.string)
  }

  /// The sliding attention window in positions, nil for none; MistralConfig's default is 4096.
  fileprivate var window: Int? {
    isMistral && object["sliding_window"] == nil ? 4096 : value("sliding_window")?.int
  }

  /// One token id or a list of them, nil when absent.
  func tokens(_ key: String) -> [Int]? {
    guard let value = value(key) else { return nil }
    let ids = (value.array ?? [value]).map(\.int)
    let valid = ids.compactMap { $0 }.filter { 0...Int(Int32.max) ~= $0 }
    guard valid.count == ids.count, (1...64).contains(ids.count) else {
      problems.add(
        "\(prefix)\(key) must be a token id or a list of 1 to 64 of them, not \(shown(value))")
      return nil
    }
    return valid
  }
}

/// The rotary embedding's settings, in the older and the newer spelling.
private struct Rope {
  var theta = 10_000.0
  var factor = 1.0

  init(_ reader: ConfigReader) {
    let parameters = reader.nested("rope_parameters")
    let scaling = parameters ?? reader.nested("rope_scaling")
    let thetaReader = parameters?.value("rope_theta") != nil ? parameters ?? reader : reader
    theta = thetaReader.real("rope_theta", default: theta, in: 1...1e12)
    for reader in [reader, scaling].compactMap({ $0 }) {
      reader.requireReal("partial_rotary_factor", 1)
    }
    guard let scaling else { return }
    let key = scaling.value("rope_type") != nil ? "rope_type" : "type"
    let isLinear = scaling.choice(key, default: false, ["default": false, "linear": true])
    guard isLinear else { return }
    if scaling.value("factor") == nil { reader.problems.add("\(scaling.prefix)factor is missing") }
    factor = scaling.real("factor", default: 1, in: 1...1024)
  }
}
