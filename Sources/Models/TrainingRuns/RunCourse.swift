// What goes through the model in a whole run, in its order, before the first step.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Training
import TrainingData

/// The sizes of a run over files: which micro-batch takes most, and how much all of them do.
public struct RunCourse: Equatable, Sendable {
  public private(set) var steps = 0
  /// Positions that go through the model, tokens that carry loss, and images, of all steps.
  public private(set) var rows = 0.0
  public private(set) var targets = 0.0
  public private(set) var images = 0.0
  /// The micro-batch with most positions, with most images of any.
  public private(set) var largest = BatchSize(rows: 0, records: 0)
  /// The most rows of images, and the most images, of the records of a micro-batch.
  public private(set) var mostImageRows = 0
  public private(set) var mostImages = 0
  /// Micro-batches of the largest step.
  public private(set) var mostMicroBatches = 0

  /// How records become steps.
  public struct Cut: Equatable, Sendable {
    public var microBatch, accumulation: Int
    public var sharesRows: Bool
    /// Positions that are kept of each record.
    public var maxLength: Int

    public init(
      microBatch: Int, accumulation: Int, sharesRows: Bool = false, maxLength: Int = .max
    ) {
      (self.microBatch, self.accumulation) = (microBatch, accumulation)
      (self.sharesRows, self.maxLength) = (sharesRows, maxLength)
    }
  }

  /// Records that are looked at; longer runs go on like this.
  private static let mostRecords = 1 << 24

  /// The course of `totalSteps` steps over `files`, with at least one record to train on; of those
  /// after the first `finishedSteps` alone. Throws what ordering records throws.
  public init(
    _ files: TrainingFiles, _ order: RecordOrder, _ cut: Cut, totalSteps: Int,
    after finishedSteps: Int = 0
  ) throws(Failure) {
    var (epoch, seen) = (0, 0)
    while steps < totalSteps, seen < Self.mostRecords {
      let numbers = try IndexedSource.numbers(files, order, epoch: epoch)
      seen += max(1, numbers.count)
      epoch += 1
      var left = numbers[...]
      while !left.isEmpty, steps < totalSteps {
        let count = cut.microBatch.multipliedReportingOverflow(by: cut.accumulation)
        let records = left.prefix(count.overflow ? .max : count.partialValue)
        left = left.dropFirst(records.count)
        guard steps >= finishedSteps else {
          steps += 1
          continue
        }
        add(records.compactMap { files.measure(order.record($0)).cut(at: cut.maxLength) }, cut)
      }
    }
    guard steps > finishedSteps, steps < totalSteps else { return }
    let factor = Double(totalSteps - finishedSteps) / Double(steps - finishedSteps)
    (rows, targets, images) = (rows * factor, targets * factor, images * factor)
    steps = totalSteps
  }

  private mutating func add(_ step: [RecordMeasure], _ cut: Cut) {
    steps += 1
    mostMicroBatches = max(mostMicroBatches, (step.count + cut.microBatch - 1) / cut.microBatch)
    for start in stride(from: 0, to: step.count, by: cut.microBatch) {
      let records = step[start..<min(step.count, start + cut.microBatch)]
      let batch = Self.batch(Array(records), sharesRows: cut.sharesRows)
      (rows, targets) = (rows + Double(batch.rows), targets + Double(batch.targets))
      images += Double(batch.images)
      let most = max(largest.images, batch.images)
      if batch.rows + batch.sharedRows > largest.rows + largest.sharedRows { largest = batch }
      largest.images = most
      mostImageRows = max(mostImageRows, records.reduce(0) { $0 + Int($1.imageRows) })
      mostImages = max(mostImages, records.reduce(0) { $0 + Int($1.images) })
    }
  }

  private static func batch(_ records: [RecordMeasure], sharesRows: Bool) -> BatchSize {
    var size = BatchSize(rows: 0, records: records.count, targets: 0)
    for (index, record) in records.enumerated() {
      let common = sharesRows && index > 0 ? record.common(with: records[index - 1]) : 0
      size.rows += Int(record.rows) - common
      size.sharedRows += common
      // A shared image is there once.
      size.imageRows += common > 0 ? 0 : Int(record.imageRows)
      size.images += common > 0 ? 0 : Int(record.images)
      size.targets += Int(record.targets)
    }
    return size
  }
}
