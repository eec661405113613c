// The settings of a run, from options and recipe.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import JSON
import Ranks
import Recipes
import Training
import TrainingRuns

/// The values of a run: an option's where it is given, else the recipe's, else a default.
struct TrainingSettings {
  static let mostSteps = 1 << 40

  let recipe: Recipe?
  let seed: UInt64
  private let maxLength: Int?
  let microBatch: Int
  let accumulation: Int
  let epochs: Double
  /// Given outright.
  let steps: Int?
  let saveEvery: Int
  let keep: Int
  let groupsByModality: Bool
  private let optimizer: OptimizerArguments

  init(_ command: some TrainingCommand) throws(Failure) {
    recipe = try command.data.recipe.map(Recipe.named)
    if let recipe, recipe.stage != type(of: command).stage {
      throw Failure(
        .usage, code: "usage/recipe", at: "--recipe",
        "\(recipe.name) is a recipe of \(recipe.stage.rawValue)",
        remedy: "use llava-train \(recipe.stage.rawValue)")
    }
    let (data, run) = (command.data, command.run)
    optimizer = command.optimizer
    seed = data.seed ?? recipe?.seed ?? 0
    maxLength = data.maxLength
    microBatch = run.microBatch ?? recipe?.microBatch ?? 1
    accumulation = run.accumulate ?? recipe?.accumulation ?? 1
    epochs = run.epochs ?? recipe.map { Double($0.epochs) } ?? 1
    steps = run.steps ?? run.totalSteps
    saveEvery = run.saveEvery ?? recipe?.saveEvery ?? 500
    keep = run.keep ?? recipe?.keep ?? 2
    let hasOrder = data.shuffle || data.groupByLength || !data.mix.isEmpty || data.order != nil
    groupsByModality =
      data.groupByModality || (!hasOrder && recipe?.groupsByModality == true && !data.files.isEmpty)
  }

  /// The most positions of a sequence. What the option asks for must be there; a recipe's number is
  /// the model's own where that has fewer.
  func maxLength(of model: LanguageConfig) throws(Failure) -> Int {
    guard let maxLength else { return min(recipe?.maxLength ?? 2048, model.maxPositions) }
    guard maxLength <= model.maxPositions else {
      throw Failure(
        .mismatch, code: "training/max-length", at: "--max-length",
        "expected at most the model's \(model.maxPositions) positions, found \(maxLength)",
        remedy: "lower it: longer sequences are cut at the end")
    }
    return maxLength
  }

  /// Throws where a step's micro-batches are too few for all ranks.
  func checkShare(_ ranks: RankGroup) throws(Failure) {
    guard accumulation < ranks.size else { return }
    throw Failure(
      .usage, code: "usage/ranks", at: "--accumulate",
      "expected at least \(ranks.size) micro-batches a step, one a rank, found \(accumulation)",
      remedy: "give --accumulate \(ranks.size) or more, or start fewer ranks")
  }

  /// Steps of so many sequences a visit: the last step of each visit may be smaller.
  func steps(ofSequences count: Int) -> Int {
    let batches = (count + microBatch - 1) / microBatch
    return (batches + accumulation - 1) / accumulation
  }

  var optimizerName: Optimizer { optimizer.optimizer }

  /// Whether a learning rate depends on the number of steps.
  var needsTotal: Bool { shape.needsTotal || optimizer.warmupSteps == nil }

  private var shape: Schedule.Shape {
    optimizer.schedule ?? recipe.flatMap { Schedule.Shape(rawValue: $0.schedule.rawValue) }
      ?? .cosine
  }

  /// `defaultRate`: of what is trained.
  func optimizerOptions(totalSteps: Int, defaultRate: Double) -> OptimizerOptions {
    let ratio = optimizer.warmupRatio ?? recipe?.warmupRatio ?? 0.03
    let warmup = optimizer.warmupSteps ?? Int((ratio * Double(totalSteps)).rounded(.up))
    var options = OptimizerOptions(
      rate: optimizer.lr ?? recipe?.rate ?? defaultRate,
      schedule: Schedule(shape, warmupSteps: warmup, totalSteps: totalSteps))
    options.optimizer = optimizer.optimizer
    options.muonRate = optimizer.muonLr
    options.muonMomentum = optimizer.muonMomentum ?? options.muonMomentum
    options.muonAdjustment = optimizer.muonAdjust ?? options.muonAdjustment
    options.projectorRate =
      optimizer.projectorLr ?? (optimizer.lr == nil ? recipe?.projectorRate : nil)
    options.weightDecay = optimizer.weightDecay ?? recipe?.weightDecay ?? 0
    if let betas = optimizer.betas {
      (options.beta1, options.beta2) = (betas.first, betas.second)
    } else if let betas = recipe?.betas, betas.count == 2 {
      (options.beta1, options.beta2) = (betas[0], betas[1])
    }
    options.epsilon = optimizer.eps ?? recipe?.epsilon ?? 1e-8
    options.clip = optimizer.clip ?? recipe?.clip ?? 1
    options.lossNorm =
      optimizer.lossNorm ?? recipe.flatMap { LossNorm(rawValue: $0.lossNorm.rawValue) } ?? .token
    return options
  }
}
