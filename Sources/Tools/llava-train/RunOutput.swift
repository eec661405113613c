// The result of a run, for the other tools.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Conversion
import InputOutput
import JSON
import ModelSupport
import Operations
import Tensors
import ToolSupport
import Training
import TrainingOutput
import TrainingRuns

/// Writes the result of a run: a projector, an adapter or a whole model.
struct RunOutput {
  private let model: TrainedModel
  private let requested: RequestedPlan
  private let base: String
  private let producer: String
  private let recipe: String?
  /// An adapter belongs to the projector that it was trained with, frozen or not.
  private let frozenProjector: ProjectorParameters<Tensor>?

  init(
    _ model: TrainedModel, _ requested: RequestedPlan, recipe: String?, base: String,
    producer: String, operations: any Operations
  ) throws(Failure) {
    (self.model, self.requested, self.recipe) = (model, requested, recipe)
    (self.base, self.producer) = (base, producer)
    let keepsProjector = model.plan.adapterScale != nil && !model.plan.trainsProjector
    frozenProjector =
      keepsProjector ? try catchingMemory { try model.start.projectorCopy(operations) } : nil
  }

  /// Writes a small result: a projector or an adapter, not a whole model.
  func writeSmall(
    _ masters: TrainedParameters<Tensor>, place: DataPlace, run: JSONObject, step: Int,
    templates: [String], evaluation: JSONObject? = nil, into files: some OutputPlace
  ) throws(Failure) {
    guard !model.plan.leavesWholeModel else { return }
    let description = ModelDescription(
      language: model.start.languageConfig, projector: model.start.projectorConfig,
      settings: model.settings, record: record(place, run, step, templates, evaluation))
    if let pairs = masters.adapter, let scale = model.plan.adapterScale {
      let adapter = TrainedAdapter(
        parameters: pairs, scale: scale, dropout: model.dropout, baseName: base)
      try TrainingOutput.writeAdapter(
        adapter, projector: masters.projector ?? frozenProjector, description,
        layout: requested.layout, into: files)
    } else if let projector = masters.projector {
      try TrainingOutput.writeProjector(projector, description, into: files)
    }
  }

  /// Throws what would keep the result from being written, before hours of training.
  func check() throws(Failure) {
    let projector = model.start.projectorConfig
    if model.plan.leavesWholeModel {
      try TrainingOutput.checkModel(
        base: model.directory, name: base, projector: projector,
        tunesVision: model.plan.trainsVision)
    } else if model.plan.adapterScale != nil, let projector {
      try requested.layout.check(projector)
    }
  }

  private func parts(_ masters: TrainedParameters<Tensor>) -> ReplacedParts {
    var parts = ReplacedParts(language: masters.language, vision: masters.vision)
    if let config = model.start.projectorConfig, let projector = masters.projector {
      parts.projector = (config, projector)
    }
    return parts
  }

  /// Writes the result into the run's directory. `evaluation`: how evaluations decided what it is.
  func publish(
    _ masters: TrainedParameters<Tensor>, place: DataPlace, run: JSONObject, step: Int,
    templates: [String], evaluation: JSONObject?, into directory: RunDirectory
  ) throws(Failure) {
    try directory.publish { (files) throws(Failure) in
      if model.plan.leavesWholeModel {
        try TrainingOutput.writeModel(
          parts(masters), base: model.directory, name: base, producer: producer,
          record: record(place, run, step, templates, evaluation), into: files)
      } else {
        try writeSmall(
          masters, place: place, run: run, step: step, templates: templates,
          evaluation: evaluation, into: files)
      }
    }
  }

  /// The description of the result.
  private func record(
    _ place: DataPlace, _ run: JSONObject, _ step: Int, _ templates: [String],
    _ evaluation: JSONObject?
  ) -> JSONObject {
    var record: JSONObject = ["producer": .string(producer), "steps": .int(step)]
    record["templates"] = .array(templates.map { .string($0) })
    record["recipe"] = recipe.map { .string($0) }
    record["data"] = .object(place.json)
    record["run"] = .object(run)
    record["evaluation"] = evaluation.map { .object($0) }
    return record
  }

  /// The pipe that uses the result.
  func nextCommand(_ path: String) -> String {
    let place = quotedForShell(path)
    let model = base.isEmpty ? "MODEL" : quotedForShell(base)
    let plan = self.model.plan
    let own = plan.leavesWholeModel ? place : model
    let isAdapted = !plan.leavesWholeModel && plan.adapterScale != nil
    let answers = "vicuna-decode -m \(own)" + (isAdapted ? " --lora \(place)" : "")
    guard self.model.start.projectorConfig != nil else {
      return "echo '{\"text\":\"Hello\"}' | convo-format -m \(own) | \(answers)"
    }
    let projector = plan.leavesWholeModel ? "" : " --projector \(place)"
    return "convo-format -m \(own) --ask 'Describe this image.' photo.jpg | clip-encode -m \(own)"
      + " | llava-project -m \(own)\(projector) | \(answers)"
  }
}
