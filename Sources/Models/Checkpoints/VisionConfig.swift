// The shape of a CLIP vision tower.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Operations

/// A CLIP vision tower's hyperparameters (CLIPVisionConfig of transformers).
public struct VisionConfig: Equatable, Sendable {
  /// The hidden size.
  public var width: Int
  /// The intermediate size of the MLP.
  public var intermediateWidth: Int
  public var layers: Int
  public var heads: Int
  /// Side of the square input in pixels.
  public var imageSize: Int
  /// Side of one patch in pixels; divides `imageSize`.
  public var patchSize: Int
  /// The layer norms' epsilon.
  public var epsilon: Double
  public var activation: Activation

  /// Always RGB.
  public static let channels = 3

  public init(
    width: Int, intermediateWidth: Int, layers: Int, heads: Int, imageSize: Int, patchSize: Int,
    epsilon: Double = 1e-5, activation: Activation = .quickGELU
  ) {
    self.width = width
    self.intermediateWidth = intermediateWidth
    self.layers = layers
    self.heads = heads
    self.imageSize = imageSize
    self.patchSize = patchSize
    self.epsilon = epsilon
    self.activation = activation
  }

  public var headWidth: Int { width / heads }
  public var patchesPerSide: Int { imageSize / patchSize }
  /// Patches of one image; 576 for 336 pixels in patches of 14.
  public var patches: Int { patchesPerSide * patchesPerSide }
  /// Patches and the class token.
  public var positions: Int { patches + 1 }
}

extension VisionConfig {
  /// The defaults of transformers' CLIPVisionConfig for missing keys.
  static let classDefault = VisionConfig(
    width: 768, intermediateWidth: 3072, layers: 12, heads: 12, imageSize: 224, patchSize: 32)

  /// The default of LlavaConfig without a `vision_config`: ViT-L/14 at 336 pixels.
  static let llavaDefault = VisionConfig(
    width: 1024, intermediateWidth: 4096, layers: 24, heads: 16, imageSize: 336, patchSize: 14)

  /// Reads `reader`'s object; problems go to the reader.
  init(_ reader: ConfigReader) {
    let standard = Self.classDefault
    self.init(
      width: reader.count("hidden_size", default: standard.width, limit: 1 << 16),
      intermediateWidth: reader.count("intermediate_size", default: standard.intermediateWidth),
      layers: reader.count("num_hidden_layers", default: standard.layers, limit: 1024),
      heads: reader.count("num_attention_heads", default: standard.heads, limit: 1024),
      imageSize: reader.count("image_size", default: standard.imageSize, limit: 8192),
      patchSize: reader.count("patch_size", default: standard.patchSize, limit: 8192),
      epsilon: reader.real("layer_norm_eps", default: standard.epsilon, in: 1e-12...0.1),
      activation: reader.choice(
        "hidden_act", default: standard.activation, ["quick_gelu": .quickGELU, "gelu": .gelu]))
    reader.require("model_type", oneOf: ["clip_vision_model", "clip"])
    reader.requireReal("num_channels", Self.channels)
    guard reader.problems.isEmpty else { return }
    check(reader)
  }

  private func check(_ reader: ConfigReader) {
    let prefix = reader.prefix
    reader.problems.require(
      imageSize % patchSize == 0,
      "\(prefix)image_size \(imageSize) is not a multiple of patch_size \(patchSize)")
    reader.problems.require(
      width % heads == 0,
      "\(prefix)hidden_size \(width) is not a multiple of num_attention_heads \(heads)")
    reader.problems.require(
      patches <= 1 << 16, "\(prefix)image_size \(imageSize) gives \(patches) patches, over 65536")
  }
}
