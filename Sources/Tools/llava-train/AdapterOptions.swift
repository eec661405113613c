// The parts of the model that stage 2 trains.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Checkpoints
import InputOutput
import Recipes
import Training
import TrainingOutput

/// What is trained, as the options ask for it.
struct RequestedPlan {
  enum Language {
    case frozen
    case full
    case adapter(AdapterScale, dropout: Double)
  }

  var language: Language
  var trainsProjector: Bool
  var trainsVision = false
  /// The tower's own.
  var visionRate: Double?
  /// An adapter to continue training.
  var adapterPath: String?
  /// The standard deviation of a new adapter's initial B matrices.
  var adapterDeviation = 0.0
  var layout = AdapterLayout.peft

  init(language: Language, trainsProjector: Bool) {
    (self.language, self.trainsProjector) = (language, trainsProjector)
  }
}

struct AdapterOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Train a LoRA adapter of this rank; the language model is frozen.", valueName: "rank"))
  var lora: Int?

  @Option(
    help: ArgumentHelp(
      "The adapter is scaled by alpha / rank; default: twice the rank.", valueName: "alpha"))
  var loraAlpha: Double?

  @Option(
    help: ArgumentHelp(
      "Dropout rate of the adapter's inputs; default: 0.", valueName: "share"))
  var loraDropout: Double?

  @Flag(help: "Divide alpha by the square root of the rank.")
  var rslora = false

  @Option(
    help: ArgumentHelp(
      "Standard deviation of the initial B matrices; 0 for zeros.", valueName: "number"))
  var loraBStd = 0.0

  @Option(
    help: ArgumentHelp("Continue training the adapter in this directory.", valueName: "dir"),
    completion: .directory)
  var adapter: String?

  @Option(
    help: ArgumentHelp("Layout of the written adapter: peft or llava.", valueName: "layout"))
  var adapterLayout = AdapterLayout.peft

  @Flag(help: "Freeze the language model.")
  var freezeLanguage = false

  @Flag(help: "Freeze the projector.")
  var freezeProjector = false

  @Flag(
    help: "Train the vision tower, too; the input holds pixels, from clip-encode --emit pixels.")
  var trainVision = false

  @Option(
    help: ArgumentHelp(
      "Learning rate of the vision tower, with --train-vision; default: --lr.", valueName: "rate"))
  var visionLr: Double?

  func check() throws {
    if let lora, !(1...4096).contains(lora) {
      throw ValidationError("--lora must be 1 to 4096, found \(lora)")
    }
    if let loraAlpha, !(loraAlpha > 0 && loraAlpha.isFinite) {
      throw ValidationError("--lora-alpha must be above 0, found \(loraAlpha)")
    }
    if let loraDropout, !(0..<1).contains(loraDropout) {
      throw ValidationError("--lora-dropout must be from 0 to below 1, found \(loraDropout)")
    }
    guard loraBStd >= 0, loraBStd.isFinite else {
      throw ValidationError("--lora-b-std must be 0 or more, found \(loraBStd)")
    }
    if lora != nil, adapter != nil {
      throw ValidationError(
        "--lora begins an adapter, --adapter goes on with one: give one of them")
    }
    if freezeLanguage, lora != nil || adapter != nil {
      throw ValidationError("--freeze-language excludes --lora and --adapter")
    }
    if freezeLanguage, freezeProjector, !trainVision {
      throw ValidationError("--freeze-language and --freeze-projector leave nothing to train")
    }
    try checkVision()
  }

  private func checkVision() throws {
    if let visionLr {
      guard trainVision else {
        throw ValidationError("--vision-lr is the rate of what --train-vision trains: give both")
      }
      guard visionLr > 0, visionLr.isFinite else {
        throw ValidationError("--vision-lr must be above 0, found \(visionLr)")
      }
    }
    if trainVision, lora != nil || adapter != nil {
      throw ValidationError(
        "--train-vision excludes --lora and --adapter: an adapter has no place for a tower")
    }
  }

  func plan(_ recipe: Recipe?) throws(Failure) -> RequestedPlan {
    var plan = RequestedPlan(language: .full, trainsProjector: !freezeProjector)
    (plan.trainsVision, plan.visionRate) = (trainVision, visionLr)
    plan.adapterDeviation = loraBStd
    plan.layout = adapterLayout
    var (rank, alpha, dropout) = (lora, loraAlpha, loraDropout)
    if trainVision, case .adapter? = recipe?.trained {
      throw Failure(
        .usage, code: "usage/train-vision", at: "--train-vision",
        "\(recipe?.name ?? "the recipe") trains an adapter, which has no place for a tower",
        remedy: "use a recipe that trains the whole model")
    }
    if case .adapter(let recipeRank, let recipeAlpha, let recipeDropout)? = recipe?.trained {
      rank = rank ?? recipeRank
      if lora == nil { alpha = alpha ?? recipeAlpha }
      dropout = dropout ?? recipeDropout
    }
    if freezeLanguage {
      plan.language = .frozen
    } else if let adapter {
      let scale = try AdapterCheckpoint(adapter).scale
      plan.adapterPath = adapter
      plan.language = .adapter(scale, dropout: dropout ?? 0)
    } else if let rank {
      let scale = AdapterScale(
        rank: rank, alpha: alpha ?? Double(2 * rank), isRankStabilized: rslora)
      plan.language = .adapter(scale, dropout: dropout ?? 0)
    }
    return plan
  }
}

extension AdapterLayout: ExpressibleByArgument {}
