// Opens the held-out records and checks them as the records that are trained on.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import ModelSupport
import Operations
import Recipes
import Records
import Streams
import ToolSupport
import Training
import TrainingRuns

extension TrainingRun {
  /// The records of `--eval`; nil without the option.
  func heldOutRecords(
    _ model: TrainedModel, _ data: TrainingRecords, _ operations: any Operations
  ) throws(Failure) -> HeldOutRecords? {
    guard let path = command.evaluation.eval else { return nil }
    try TrainingInput.checkIsNoPipe(path)
    let header = TrainingInput.header(of: try session.recordStream(path))
    let recipe = RecipeCheck(
      own: settings.recipe, metadata: header?.metadata ?? [], config: header?.config)
    // Another reader than training's: the result tells of the templates that were trained on.
    let reader = SequenceReader(
      limits: data.reader.limits, tokenizer: model.tokenizer,
      pixelRows: model.start.vision?.rowsPerImage, recipe: recipe)
    let (session, handling) = (session, TrainingInput.handling(session, isIndexed: true))
    let records = try HeldOutRecords(
      path, limits: session.settings.limits, reader: reader,
      handling: SkipHandling(skip: handling.skip, passOn: handling.passOn, take: { _ in }),
      warn: { session.reporter.warning($0) },
      checkHeader: { (header) throws(Failure) in
        if let failure = recipe.headerFailure() { throw failure.at(path) }
        try model.requirements.check(header, at: path)
        if model.start.projectorConfig == nil { throw Self.noProjector(path) }
      },
      isFinite: { (sequence) throws(Failure) in
        try catchingMemory { try sequence.hasFiniteFeatures(operations) }
      })
    if case .files(let files, _) = data.kind, files.digests.contains(records.digest) {
      session.reporter.warning(
        "\(escapedForTerminal(path)): its records are trained on as well: what is evaluated is no"
          + " held-out loss")
    }
    if case .frozen = model.plan.language, records.withImages == 0 {
      throw Failure(
        .invalidInput, code: "training/no-images", at: path,
        "there is no image to evaluate on, and the language model is not trained",
        remedy: "pass records with images through clip-encode")
    }
    return records
  }

  private static func noProjector(_ path: String) -> Failure {
    Failure(
      .mismatch, code: "training/no-projector", at: path,
      "expected text alone, as the records that are trained on, found features of images",
      remedy: "evaluate on records without images, or train on some that have them")
  }
}
