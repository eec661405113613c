// Every value that a published recipe of LLaVA sets, from the template to the optimiser.
// SPDX-License-Identifier: Apache-2.0

/// A recipe as its scripts and papers give it. What stands where: `Recipe+Published.swift`.
public struct Recipe: Sendable, Equatable {
  /// Alignment of the projector, or training on conversations.
  public enum Stage: String, Sendable { case pretrain, finetune }

  /// Where a turn's images go, by the names of `convo-format --image-position`.
  public enum ImagePosition: String, Sendable, CaseIterable { case first, after, keep, random }

  /// How images become square, by the names of `clip-encode --aspect`.
  public enum Aspect: String, Sendable, CaseIterable { case crop, pad }

  /// The trained parameters. The vision tower is frozen in all recipes.
  public enum Trained: Sendable, Equatable {
    /// The projector alone.
    case projector
    /// The projector and the whole language model, embeddings and head included.
    case all
    /// The projector, and LoRA pairs beside the language model's linear layers.
    case adapter(rank: Int, alpha: Double, dropout: Double)
  }

  /// The learning rate schedule after the warm-up.
  public enum Schedule: String, Sendable, CaseIterable { case cosine, linear, constant }

  /// What a step's loss is the mean of: of its micro-batches' means, or of all its tokens.
  public enum LossNorm: String, Sendable, CaseIterable { case micro, token }

  public enum Precision: String, Sendable, CaseIterable { case bf16, f32 }

  public var name: String

  // MARK: The prompt

  /// A key of `ConversationTemplate.catalogue`.
  public var template: String
  /// A value of `convo-format --compat`.
  public var compatibility: String?
  public var imagePosition: ImagePosition
  /// Whether images stand between `<im_start>` and `<im_end>`.
  public var marksImages: Bool

  // MARK: The image

  public var aspect: Aspect
  /// The tower's side in pixels. Like the next two a property of the model, which no option sets.
  public var imageSide: Int
  /// The hidden state that becomes features; -2 is the last but one.
  public var featureLayer: Int
  /// `linear` or `mlp2x_gelu`, as `mm_projector_type` has it.
  public var projector: String

  // MARK: The training

  public var stage: Stage
  public var trained: Trained
  /// The learning rate at the end of the warm-up.
  public var rate: Double
  /// The projector's learning rate, if it has its own.
  public var projectorRate: Double?
  /// Records of one forward pass: what one of the reference's eight processors saw at a time. With
  /// `LossNorm.micro` it changes the loss, so it is the reference's; who lacks memory lowers it.
  public var microBatch: Int
  /// Micro-batches per step: the reference's gradient accumulation times its eight processors.
  public var accumulation: Int
  public var epochs: Int
  public var schedule: Schedule
  /// The warm-up as a share of all steps, rounded up.
  public var warmupRatio: Double
  public var weightDecay: Double
  public var betas: [Double]
  public var epsilon: Double
  /// The norm that gradients are clipped to; 0: no clipping.
  public var clip: Double
  public var lossNorm: LossNorm
  /// The longest sequence, in tokens and feature rows.
  public var maxLength: Int
  public var seed: UInt64
  public var groupsByModality: Bool
  /// Steps between checkpoints.
  public var saveEvery: Int
  /// How many of them are kept.
  public var keep: Int
  public var precision: Precision

  /// Whether `key` names the recipe's template: LLaVA has two keys for some.
  public func hasTemplate(_ key: String) -> Bool {
    let other = ["vicuna_v1": "v1", "plain": "v0_plain"][template]
    return key == template || key == other
  }

  /// Whether records that were made for `other` are what this recipe makes of them too: the same
  /// stage, prompts and images.
  public func makesSameRecords(as other: Recipe) -> Bool {
    stage == other.stage && template == other.template && compatibility == other.compatibility
      && imagePosition == other.imagePosition && marksImages == other.marksImages
      && aspect == other.aspect
  }
}
