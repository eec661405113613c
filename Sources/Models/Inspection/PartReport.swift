// One part of a model: its shape and its weights, or why there is none.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import JSON
import Tensors

/// The report of `inspect` on a part.
public struct PartReport: Sendable {
  public let part: ModelPart
  public let found: Result<PartDetails, Failure>

  var details: PartDetails? { try? found.get() }

  /// Why the part cannot or must not be used: one NaN spoils every answer.
  var problem: Failure? {
    guard let details, let spoilt = details.nonFinite, let first = spoilt.first else {
      return found.failure
    }
    return Failure(
      .invalidInput, code: "checkpoint/not-finite", at: details.path,
      "\(counted(spoilt.count, "tensor")) of the \(part.name) hold NaN or infinity,"
        + " \(first.name) among them", remedy: "take an undamaged copy of the model")
  }
}

/// The weights of a part, all of them present and of the right shape.
public struct PartDetails: Sendable {
  /// The file or index that holds them.
  public let path: String
  /// The hyperparameters in one line.
  public let shape: String
  public let configuration: JSONObject
  /// Elements of all tensors.
  public let parameters: Int
  /// Elements by the format that they are stored in, most of them first.
  public let formats: [(name: String, parameters: Int)]
  /// `Weights.identity`.
  public let identity: String
  /// Tensors with NaN or infinity, by the names that tensors have here; nil where nobody looked.
  public let nonFinite: [(name: String, count: Int)]?

  init(_ weights: Weights, shape: String, configuration: JSONObject, _ meter: ReadingMeter?)
    throws(Failure)
  {
    path = weights.path
    self.shape = shape
    self.configuration = configuration
    var counts: [String: Int] = [:]
    for name in weights.canonicalNames {
      guard let entry = weights.entry(name) else { continue }
      counts[entry.formatName, default: 0] += entry.shape.reduce(1, *)
    }
    parameters = counts.values.reduce(0, +)
    formats = counts.map { ($0.key, $0.value) }.sorted {
      ($1.parameters, $0.name) < ($0.parameters, $1.name)
    }
    identity = try weights.identity()
    nonFinite = try meter.map { (meter) throws(Failure) in
      try weights.nonFiniteTensors(didRead: meter.add)
    }
  }
}

extension PartReport {
  /// Throws nothing: a failure is what the report says. With a meter every byte is read.
  init(_ part: ModelPart, of directory: ModelDirectory, _ meter: ReadingMeter?) {
    self.part = part
    let found = Result { () throws(Failure) in
      switch part {
      case .vision:
        let checkpoint = try directory.visionCheckpoint()
        let config = checkpoint.config
        return try PartDetails(
          checkpoint.weights, shape: config.summary, configuration: config.json, meter)
      case .projector:
        let checkpoint = try directory.projectorCheckpoint()
        let config = checkpoint.config
        return try PartDetails(
          checkpoint.weights, shape: config.summary, configuration: config.json, meter)
      case .language:
        let checkpoint = try directory.languageCheckpoint()
        let config = checkpoint.config
        return try PartDetails(
          checkpoint.weights, shape: config.summary, configuration: config.json, meter)
      }
    }
    self.found = found.mapError { Self.withRemedy($0, for: part) }
  }

  /// The codes of failures that say that something is not here.
  static let absences: Set<String> = [
    "checkpoint/no-model", "checkpoint/no-part", "checkpoint/no-tokenizer",
  ]

  /// `failure` with what helps here: `inspect` takes paths, where the other tools have options.
  static func withRemedy(_ failure: Failure, for part: ModelPart) -> Failure {
    guard absences.contains(failure.code), let remedy = failure.remedy else { return failure }
    let option = " with --\(part.rawValue)"
    guard failure.code == "checkpoint/no-model" || remedy.hasSuffix(option) else { return failure }
    var failure = failure
    let named =
      failure.code == "checkpoint/no-model"
      ? "name a directory that holds one" : String(remedy.dropLast(option.count))
    failure.remedy = "\(named) here, too (the other tools take it\(option))"
    return failure
  }
}
