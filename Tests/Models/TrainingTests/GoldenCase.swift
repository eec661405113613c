// A case of Tests/Golden/training, which PyTorch has trained in float64.
// SPDX-License-Identifier: Apache-2.0
import CPU
import Checkpoints
import InputOutput
import JSON
import Operations
import Streams
import Tensors
import TestSupport
import Testing
import Tokenizers

@testable import Training

/// Where a case starts, how it goes on, and what PyTorch makes of it.
struct GoldenCase {
  static let names = ["stage1", "full", "lora", "rslora", "tied", "muon", "vision"]
  private static let folder = "\(packageRoot)/Tests/Golden/training"

  let start: StartingPoint
  let plan: TrainingPlan
  /// A step's sequences, micro-batch by micro-batch.
  let records: [TrainingSequence]
  /// What each step gave.
  let losses, norms, rates: [Double]
  let tokens, targets: [Int]
  /// Every trained tensor's gradient of the first step; and after the last step, if that is there.
  let gradients: SafetensorsFile
  let trained: SafetensorsFile?
  private let settings: JSONObject

  init(_ name: String) throws {
    let text = try readWholeFile("\(Self.folder)/\(name).json", limit: 1 << 20)
    let settings = try #require(try JSONValue(parsing: text).object)
    self.settings = settings
    func numbers(_ key: String) -> [Double] { settings[key]?.array?.compactMap(\.double) ?? [] }
    (losses, norms, rates) = (numbers("losses"), numbers("grad_norms"), numbers("rates"))
    (tokens, targets) = (numbers("tokens").map { Int($0) }, numbers("loss_tokens").map { Int($0) })
    let path = "\(Self.folder)/\(settings["model"]?.string ?? "")"
    let adapter = try settings["adapter"]?.object.map {
      try AdapterCheckpoint("\(Self.folder)/\($0["directory"]?.string ?? "")")
    }
    let directory = try ModelDirectory.open(model: path, projector: adapter?.path)
    let (language, projector) = (
      try directory.languageCheckpoint(), try directory.projectorCheckpoint()
    )
    var start = StartingPoint(
      languageConfig: language.config, language: try language.parameters(),
      projectorConfig: projector.config, projector: try projector.parameters(),
      adapter: try adapter?.parameters(for: language.config))
    let trainsVision = settings["vision_lr"] != nil
    if trainsVision { start.vision = try VisionStart(directory.visionCheckpoint()) }
    self.start = start
    var trained = TrainingPlan.Language.full
    if settings["command"]?.string == "pretrain" { trained = .frozen }
    if let adapter { trained = .adapter(adapter.scale) }
    plan = TrainingPlan(
      language: trained, trainsProjector: true, trainsVision: trainsVision)
    records = try Self.records(
      trainsVision ? "pixels.tsz" : "records.tsz", pixelRows: start.vision?.rowsPerImage,
      TrainingSequence.Limits(
        maxLength: settings["max_length"]?.int ?? .max,
        vocabularyRows: start.language.embedding.rows))
    gradients = try SafetensorsFile(path: "\(Self.folder)/\(name).safetensors")
    self.trained = try? SafetensorsFile(path: "\(Self.folder)/\(name)-trained.safetensors")
  }

  private static func records(
    _ file: String, pixelRows: Int?, _ limits: TrainingSequence.Limits
  ) throws -> [TrainingSequence] {
    let reader = try TensorStreamReader(FileSource(path: "\(folder)/\(file)"))
    var sequences: [TrainingSequence] = []
    while let record = try reader.next() {
      guard case .data(let data) = record, let prompt = data.json?["prompt"],
        let tokens = try Prompt(prompt).tokens
      else { continue }
      let images = try #require(data.images(of: "features") ?? pixels(of: data))
      sequences.append(
        try TrainingSequence(
          id: data.id, tokens: tokens, images: images, pixelRows: pixelRows, limits: limits))
    }
    return sequences
  }

  private static func pixels(of data: DataRecord) -> [Tensor]? {
    guard let pixels = data["pixels"] else { return nil }
    let shape = Array(pixels.shape.dropFirst())
    return (0..<pixels.shape[0]).map { pixels.rows($0..<$0 + 1).reshaped(shape) }
  }

  /// A trainer that stands before the first step.
  func trainer(_ operations: CPUOperations) throws -> Trainer {
    let masters = try start.masters(plan, seed: 0, operations: operations)
    let model = try TrainingModel(start, plan, masters: masters, operations: operations)
    return try Trainer(model: model, masters: masters, options: try options())
  }

  private func options() throws -> OptimizerOptions {
    func number(_ key: String) throws -> Double { try #require(settings[key]?.double) }
    let shape = Schedule.Shape(rawValue: settings["schedule"]?.string ?? "")
    var options = OptimizerOptions(
      rate: try number("lr"),
      schedule: Schedule(
        try #require(shape), warmupSteps: Int(try number("warmup_steps")),
        totalSteps: losses.count))
    options.visionRate = settings["vision_lr"]?.double
    options.projectorRate = settings["projector_lr"]?.double
    options.weightDecay = try number("weight_decay")
    options.beta1 = try #require(settings["betas"]?.array?.first?.double)
    options.beta2 = try #require(settings["betas"]?.array?.last?.double)
    options.epsilon = try number("eps")
    options.clip = try number("clip")
    options.lossNorm = try #require(LossNorm(rawValue: settings["loss_norm"]?.string ?? ""))
    if let muon = settings["muon"]?.object {
      options.optimizer = .muon
      options.muonRate = try #require(muon["lr"]?.double)
      options.muonMomentum = try #require(muon["momentum"]?.double)
      options.muonAdjustment = try #require(
        MuonAdjustment(rawValue: muon["adjust"]?.string ?? ""))
    }
    return options
  }

  /// The micro-batches of step `index`, from 0: records in order, from the first again after the last.
  func batches(ofStep index: Int) throws -> [MicroBatch] {
    let size = try #require(settings["micro_batch"]?.int)
    let count = try #require(settings["accumulate"]?.int)
    return (index * count..<(index + 1) * count).map { number in
      let first = number * size
      return MicroBatch(
        (first..<first + size).map { records[$0 % records.count] }, firstPlace: first)
    }
  }

  /// The names of the trained tensors in the files, and in `TrainedParameters`.
  func name(of canonical: String) -> String {
    CheckpointLayout.huggingFace.name(of: canonical) ?? canonical
  }
}
