// The six published recipes, with where each value stands.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

extension Recipe {
  /// All recipes, in the order of their publication.
  public static let all: [Recipe] = [
    v0Pretrain, v0Finetune, v0ScienceQA, version15Pretrain, version15Finetune, version15LoRA,
  ]

  /// The recipe called `name`. Throws `usage/recipe` with the names that there are.
  public static func named(_ name: String) throws(Failure) -> Recipe {
    if let recipe = known(name) { return recipe }
    throw Failure(
      .usage, code: "usage/recipe", at: "--recipe",
      "expected one of \(all.map(\.name).joined(separator: ", ")),"
        + " found \(escapedForTerminal(name))")
  }

  /// The recipe called `name`, or nil for one that somebody else has made. Bytes count, as in all
  /// names of streams.
  public static func known(_ name: String) -> Recipe? {
    all.first { $0.name.utf8.elementsEqual(name.utf8) }
  }

  /// The first release's README (2023-04), stage 1: CC3M-595K, 16 records on each of 8 processors.
  ///
  /// - The prompt is the conversation with its question, as `llava_v0` and `reference-v0` make it:
  ///   the template `plain` came with 1.0.0. The question's `<image>` stays where the data have it.
  /// - There is no DeepSpeed, which turns clipping off, so that the trainer's default of 1 holds.
  /// - The reference also trained the input rows of `<im_start>` and `<im_end>`, which this leaves
  ///   as they are.
  static let v0Pretrain = v0("llava-v0-pretrain", stage: .pretrain) {
    $0.trained = .projector
    $0.rate = 2e-3
    $0.microBatch = 16
    $0.epochs = 1
    $0.saveEvery = 2400
    $0.keep = 1
  }

  /// The same README, stage 2: LLaVA-Instruct-158K, 4 records on each of 8 processors, FSDP.
  static let v0Finetune = v0("llava-v0-finetune", stage: .finetune) { _ in }

  /// The same release's ScienceQA, `QCM-LEPA`: stage 2 for 12 epochs, on a projector that was
  /// trained without the tokens around images. `scripts/finetune_sqa.sh` of 1.0.0 is another: the
  /// template `v1`, `QCM-LEA`, 128 records a step, no clipping.
  static let v0ScienceQA = v0("llava-v0-scienceqa", stage: .finetune) {
    $0.marksImages = false
    $0.epochs = 12
  }

  /// `scripts/v1_5/pretrain.sh`: LCS-558K, 32 records on each of 8 processors. It does not pad.
  static let version15Pretrain = version15("llava-1.5-pretrain", stage: .pretrain) {
    $0.template = "plain"
    $0.aspect = .crop
    $0.trained = .projector
    $0.rate = 1e-3
    $0.microBatch = 32
    $0.groupsByModality = false
    $0.saveEvery = 24_000
  }

  /// `scripts/v1_5/finetune.sh`: mix665K, 16 records on each of 8 processors.
  static let version15Finetune = version15("llava-1.5-finetune", stage: .finetune) { _ in }

  /// `scripts/v1_5/finetune_lora.sh`: the same with an adapter; dropout is `train.py`'s default.
  static let version15LoRA = version15("llava-1.5-lora", stage: .finetune) {
    $0.trained = .adapter(rank: 128, alpha: 256, dropout: 0.05)
    $0.rate = 2e-4
    $0.projectorRate = 2e-5
  }

  private static func v0(_ name: String, stage: Stage, _ change: (inout Recipe) -> Void) -> Recipe {
    var recipe = common(name, stage)
    recipe.template = "llava_v0"
    recipe.compatibility = "reference-v0"
    recipe.imagePosition = .keep
    recipe.marksImages = true
    recipe.aspect = .crop
    recipe.imageSide = 224
    recipe.projector = "linear"
    recipe.microBatch = 4
    recipe.epochs = 3
    recipe.clip = 1
    recipe.groupsByModality = false
    recipe.saveEvery = 5000
    recipe.keep = 3
    change(&recipe)
    return recipe
  }

  private static func version15(_ name: String, stage: Stage, _ change: (inout Recipe) -> Void)
    -> Recipe
  {
    var recipe = common(name, stage)
    change(&recipe)
    return recipe
  }

  /// What `scripts/v1_5/finetune.sh` sets, and transformers' defaults for the rest. DeepSpeed's
  /// `zero2.json` and `zero3.json` have no entry for clipping, so that there is none.
  private static func common(_ name: String, _ stage: Stage) -> Recipe {
    Recipe(
      name: name, template: "vicuna_v1", compatibility: nil, imagePosition: .first,
      marksImages: false, aspect: .pad, imageSide: 336, featureLayer: -2, projector: "mlp2x_gelu",
      stage: stage, trained: .all, rate: 2e-5, projectorRate: nil, microBatch: 16, accumulation: 8,
      epochs: 1, schedule: .cosine,
      warmupRatio: 0.03, weightDecay: 0, betas: [0.9, 0.999], epsilon: 1e-8, clip: 0,
      lossNorm: .micro, maxLength: 2048, seed: 42, groupsByModality: true, saveEvery: 50_000,
      keep: 1, precision: .bf16)
  }
}
