// What a run leaves for the other tools.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Conversion
import InputOutput
import JSON
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

  init(
    _ model: TrainedModel, _ requested: RequestedPlan, recipe: String?, base: String,
    producer: String
  ) {
    (self.model, self.requested, self.recipe) = (model, requested, recipe)
    (self.base, self.producer) = (base, producer)
  }

  /// Writes what takes little room: a projector or an adapter, not a whole model.
  func writeSmall(
    _ masters: TrainedParameters<Tensor>, place: DataPlace, run: JSONObject, step: Int,
    into files: some OutputPlace
  ) throws(Failure) {
    guard model.plan.language != .full else { return }
    let description = ModelDescription(
      language: model.start.languageConfig, projector: model.start.projectorConfig,
      settings: model.directory.settings, record: record(place, run, step))
    if let pairs = masters.adapter, let scale = model.plan.adapterScale {
      let adapter = TrainedAdapter(
        parameters: pairs, scale: scale, dropout: model.dropout, baseName: base)
      try TrainingOutput.writeAdapter(
        adapter, projector: masters.projector, description, layout: requested.layout, into: files)
    } else if let projector = masters.projector {
      try TrainingOutput.writeProjector(projector, description, into: files)
    }
  }

  /// Throws what would keep the result from being written, before hours of training.
  func check(_ masters: TrainedParameters<Tensor>) throws(Failure) {
    if masters.language == nil {
      try writeSmall(masters, place: DataPlace(), run: [:], step: 0, into: Nowhere())
    } else {
      try TrainingOutput.checkModel(
        base: model.directory, name: base, projector: model.start.projectorConfig)
    }
  }

  private func parts(_ masters: TrainedParameters<Tensor>) -> ReplacedParts {
    var parts = ReplacedParts(language: masters.language)
    if let config = model.start.projectorConfig, let projector = masters.projector {
      parts.projector = (config, projector)
    }
    return parts
  }

  /// Writes the result into the run's directory.
  func publish(
    _ masters: TrainedParameters<Tensor>, place: DataPlace, run: JSONObject, step: Int,
    into directory: RunDirectory
  ) throws(Failure) {
    try directory.publish { (files) throws(Failure) in
      if masters.language != nil {
        try TrainingOutput.writeModel(
          parts(masters), base: model.directory, name: base, producer: producer,
          record: record(place, run, step), into: files)
      } else {
        try writeSmall(masters, place: place, run: run, step: step, into: files)
      }
    }
  }

  /// What the result says of itself.
  private func record(_ place: DataPlace, _ run: JSONObject, _ step: Int) -> JSONObject {
    var record: JSONObject = ["producer": .string(producer), "steps": .int(step)]
    record["recipe"] = recipe.map { .string($0) }
    record["data"] = .object(place.json)
    record["run"] = .object(run)
    return record
  }

  /// How the result is used.
  func nextCommand(_ path: String) -> String {
    let place = quotedForShell(path)
    switch model.plan.language {
    case .frozen: return "llava-project --projector \(place)"
    case .full: return "vicuna-decode -m \(place)"
    case .adapter: return "llava-project --projector \(place), vicuna-decode --lora \(place)"
    }
  }
}

/// A place where nothing is left.
private struct Nowhere: OutputPlace {
  func openFile(_ name: String) -> any ByteSink { Sink(name: name) }

  private final class Sink: ByteSink {
    let name: String

    init(name: String) { self.name = name }

    func write(_ bytes: UnsafeRawBufferPointer) {}
    func finish() {}
  }
}
