// The records of a run, checked as far as they can be before the first step, and how many steps they make.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Recipes
import Streams
import ToolSupport
import Training
import TrainingData
import TrainingRuns

/// The source of a run's sequences and what is known of them.
struct TrainingRecords {
  enum Kind {
    case files(TrainingFiles, RecordOrder)
    case pipe(RecordStream)
    /// Rank 0 distributes what it reads.
    case dealt
  }

  let kind: Kind
  let reader: SequenceReader
  let handling: SkipHandling
  let totalSteps: Int
  /// How it is known again.
  let description: JSONObject

  /// `isTrained`: whether steps follow. What is only looked at may have nothing to learn.
  init(
    _ data: DataOptions, _ input: TrainingInput, _ model: TrainedModel, recipe: RecipeCheck,
    settings: TrainingSettings, session: Session, isTrained: Bool = true
  ) throws(Failure) {
    if let failure = recipe.headerFailure() { throw failure }
    reader = SequenceReader(
      limits: TrainingSequence.Limits(
        maxLength: try settings.maxLength(of: model.start.languageConfig),
        vocabularyRows: model.start.language.embedding.rows),
      tokenizer: model.tokenizer,
      pixelRows: model.plan.trainsVision ? model.start.vision?.rowsPerImage : nil, recipe: recipe)
    let isIndexed = if case .files = input.kind { true } else { false }
    handling = TrainingInput.handling(session, isIndexed: isIndexed)
    switch input.kind {
    case .pipe(let stream):
      if case .tensors(let tensors) = stream {
        try model.requirements.check(tensors.header, at: tensors.name)
      }
      kind = .pipe(stream)
      totalSteps = isTrained ? try Self.stepsOfPipe(data, settings) : 0
      description = ["order": .string("sequential"), "files": .string("pipe")]
    case .dealt:
      kind = .dealt
      totalSteps = isTrained ? try Self.stepsOfPipe(data, settings) : 0
      description = ["order": .string("sequential"), "files": .string("pipe")]
    case .files(let paths):
      let files = TrainingFiles(
        needsLengths: data.groupByLength || settings.groupsByModality,
        needsPictures: data.shuffle && data.shareImages, needsPrefixes: data.shareImages)
      for path in paths {
        try files.add(
          path, limits: session.settings.limits, reader: reader, handling: handling,
          warn: { session.reporter.warning($0) },
          checkHeader: { (header) throws(Failure) in
            if let failure = RecipeCheck(
              own: settings.recipe, metadata: header.metadata, config: header.config
            ).headerFailure() {
              throw failure.at(path)
            }
            try model.requirements.check(header, at: path)
          })
      }
      if isTrained, case .frozen = model.plan.language, files.sequences > 0, files.withImages == 0 {
        throw Self.noImages
      }
      let order = try data.order(files, settings)
      kind = .files(files, order)
      totalSteps = isTrained ? try Self.steps(of: files, order, settings) : 0
      description = [
        "order": .string(data.orderName(order, settings)), "seed": .string("\(settings.seed)"),
        "files": .array(files.digests.map { .string($0) }),
      ]
    }
  }

  private static let noImages = Failure(
    .invalidInput, code: "training/no-images",
    "there is no image to train on, and the language model is not trained",
    remedy: "pass records with images through clip-encode")

  private static func stepsOfPipe(_ data: DataOptions, _ settings: TrainingSettings)
    throws(Failure) -> Int
  {
    guard data.order == nil, data.writeOrder == nil, !data.shuffle, !data.groupByLength,
      !data.groupByModality
    else {
      throw Failure(
        .usage, code: "usage/order", "records of a pipe can be visited in their order alone",
        remedy: "write the stream to a file (clip-encode -o FILE) and name that")
    }
    guard settings.epochs == 1 || settings.steps != nil else {
      throw Failure(
        .usage, code: "usage/epochs", "the records of a pipe can be visited once",
        remedy: "write the stream to a file (clip-encode -o FILE) and name that")
    }
    if let steps = settings.steps { return steps }
    guard !settings.needsTotal else {
      throw Failure(
        .usage, code: "usage/total-steps",
        "the schedule needs the number of steps, which cannot be known for a pipe",
        remedy: "give --total-steps, or --schedule constant --warmup-steps 0, or name a file")
    }
    return TrainingSettings.mostSteps
  }

  private static func steps(
    of files: TrainingFiles, _ order: RecordOrder, _ settings: TrainingSettings
  ) throws(Failure) -> Int {
    guard files.sequences > 0 else {
      throw TrainingLoop.nothingToLearn(in: files.counts.reduce(0, +))
    }
    if let steps = settings.steps { return steps }
    var (left, steps) = (settings.epochs, 0.0)
    var epoch = 0
    // Epochs differ where files are mixed alone.
    while left > 0 {
      let count = try order.order(epoch: epoch).count { files.isUsable(order.record($0)) }
      let whole = Double(settings.steps(ofSequences: count))
      let isAlike = if case .mixed = order.arrangement { false } else { true }
      let share = isAlike ? left : min(1, left)
      steps += whole * share
      left -= share
      epoch += 1
    }
    return max(1, Int(steps.rounded(.up)))
  }
}
