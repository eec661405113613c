// The size of a run: what is known of its records, and what is assumed of a pipe's.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Training
import TrainingData
import TrainingRuns

extension Estimator {
  /// The size of the run as `variation` says.
  func size(_ variation: RunVariation) throws(Failure) -> RunSize {
    var size =
      if case .files(let files, let order) = data.kind {
        try self.size(variation, files, order)
      } else {
        sizeOfPipe(variation)
      }
    size.dropout = model.dropout
    size.evaluation = heldOut?.size(
      microBatch: variation.microBatch, maxLength: variation.maxLength)
    return size.share(ofRanks: ranks)
  }

  private func size(_ variation: RunVariation, _ files: TrainingFiles, _ order: RecordOrder)
    throws(Failure) -> RunSize
  {
    let course = try RunCourse(
      files, order,
      RunCourse.Cut(
        microBatch: variation.microBatch, accumulation: variation.accumulation,
        sharesRows: run.command.data.shareImages, maxLength: variation.maxLength),
      totalSteps: data.totalSteps)
    let steps = Double(max(1, course.steps))
    var size = RunSize(
      batch: course.largest, rowsOfStep: course.rows / steps,
      targetsOfStep: course.targets / steps,
      accumulation: min(variation.accumulation, max(1, course.mostMicroBatches)))
    size.imagesOfStep = course.images / steps
    size.inputBytes = bytes(
      imageRows: course.mostImageRows, files.bytesPerRow, images: course.mostImages,
      files.bytesPerImage)
    // The system maps so much around what is read.
    let rowBytes = model.start.language.embedding.rowBytes
    let window = max(1, (64 << 10) / max(1, rowBytes))
    size.embeddingBytes = checkedProduct(files.tokens.windows(of: window), window, rowBytes)
    return size
  }

  private func bytes(imageRows: Int, _ perRow: Int, images: Int, _ perImage: Int) -> Int {
    let parts = [checkedProduct(imageRows, perRow), checkedProduct(images, perImage)]
    return checkedSum(parts.compactMap(\.self)) ?? .max / 4
  }

  /// Nothing is known of a pipe's records: they are taken for an image and a short text.
  var assumedLength: Int { min(data.reader.limits.maxLength, assumedRows + 128) }

  private var assumedRows: Int { (try? model.directory.visionCheckpoint().rowsPerImage) ?? 576 }

  private func sizeOfPipe(_ variation: RunVariation) -> RunSize {
    let (batch, longest) = (variation.microBatch, min(assumedLength, variation.maxLength))
    let perStep = Double(batch) * Double(variation.accumulation)
    let sees = model.start.projectorConfig != nil
    let targets = max(1, longest / 4)
    var largest = BatchSize(rows: batch * longest, records: batch, targets: batch * targets)
    largest.imageRows = sees ? batch * min(longest, assumedRows) : 0
    largest.images = sees ? batch : 0
    var size = RunSize(
      batch: largest, rowsOfStep: perStep * Double(longest),
      targetsOfStep: perStep * Double(targets), accumulation: variation.accumulation)
    size.imagesOfStep = sees ? perStep : 0
    // The records of a micro-batch, and those that are read ahead.
    let held = batch + 10
    let side = model.plan.trainsVision ? model.start.vision?.config.imageSize ?? 0 : 0
    let width = model.plan.trainsVision ? 0 : model.start.projectorConfig?.inputWidth ?? 0
    size.inputBytes =
      sees
      ? bytes(
        imageRows: held * assumedRows, 2 * width, images: held, 3 * side * side) : 0
    return size
  }
}
