// The description of a run in its checkpoints: all settings that change its numbers.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import JSON
import Training
import TrainingRuns

extension RunDescription {
  static func make<Command: TrainingCommand>(
    _ run: TrainingRun<Command>, _ model: TrainedModel, _ data: TrainingRecords,
    _ options: OptimizerOptions
  ) -> JSONObject {
    let settings = run.settings
    var description: JSONObject = [
      "stage": .string(Command.stage.rawValue), "parents": .object(model.parents),
      "data": .object(data.description), "trains": .string(trained(model)),
      "seed": .string("\(settings.seed)"), "steps": .int(data.totalSteps),
      "micro_batch": .int(settings.microBatch), "accumulate": .int(settings.accumulation),
      "max_length": .int(data.reader.limits.maxLength),
      "precision": .string(run.command.model.parts.precision.rawValue),
    ]
    if let recipe = settings.recipe { description["recipe"] = .string(recipe.name) }
    if let projector = model.start.projectorConfig {
      description["projector"] = .string(projector.typeName)
    }
    if run.command.data.shareImages { description["share_images"] = .bool(true) }
    if model.dropout > 0 { description["lora_dropout"] = .double(model.dropout) }
    for (key, value) in optimizer(options).members { description[key] = value }
    if model.plan.trainsVision {
      description["vision_lr"] = ownRate(options.visionRate, options)
    }
    return description
  }

  /// A part's own learning rate. Without one a part has two if there are two optimisers.
  private static func ownRate(_ rate: Double?, _ options: OptimizerOptions) -> JSONValue {
    if rate == nil, options.optimizer == .muon { return .null }
    return .double(rate ?? options.rate)
  }

  private static func optimizer(_ options: OptimizerOptions) -> JSONObject {
    var description: JSONObject = [
      "optimizer": .string(options.optimizer.rawValue), "lr": .double(options.rate),
      "projector_lr": ownRate(options.projectorRate, options),
      "weight_decay": .double(options.weightDecay),
      "betas": .array([.double(options.beta1), .double(options.beta2)]),
      "eps": .double(options.epsilon), "clip": .double(options.clip),
      "loss_norm": .string(options.lossNorm.rawValue),
      "schedule": .string(options.schedule.shape.rawValue),
      "warmup_steps": .int(options.schedule.warmupSteps),
    ]
    if options.optimizer == .muon {
      description["muon_lr"] = .double(options.muonRate ?? options.rate)
      description["muon_momentum"] = .double(options.muonMomentum)
      description["muon_adjust"] = .string(options.muonAdjustment.rawValue)
    }
    return description
  }

  private static func trained(_ model: TrainedModel) -> String {
    var parts: [String] = []
    if model.plan.trainsVision { parts.append("vision tower") }
    if model.plan.trainsProjector { parts.append("projector") }
    switch model.plan.language {
    case .frozen: break
    case .full: parts.append("language model")
    case .adapter(let scale):
      let kind = scale.isRankStabilized ? "rslora" : "lora"
      parts.append("\(kind) of rank \(scale.rank), alpha \(scale.alpha)")
    }
    return parts.joined(separator: ", ")
  }
}
