// The size of what goes through the model at once, and in all.
// SPDX-License-Identifier: Apache-2.0

/// The size of a micro-batch.
public struct BatchSize: Equatable, Sendable {
  /// The number of positions; rows that records share count once.
  public var rows: Int
  public var records: Int
  /// Rows shared by several records, counted for each record except the first.
  public var sharedRows = 0
  /// The rows that come from images, and the number of these images.
  public var imageRows = 0
  public var images = 0
  /// Tokens that carry loss.
  public var targets: Int

  public init(rows: Int, records: Int = 1, targets: Int? = nil) {
    (self.rows, self.records, self.targets) = (rows, records, targets ?? rows)
  }
}

/// The size of a run.
public struct RunSize: Equatable, Sendable {
  /// The micro-batch that takes most memory.
  public var batch: BatchSize
  /// Positions of a typical step, and its tokens that carry loss.
  public var rowsOfStep: Double
  public var targetsOfStep: Double
  /// Images of a typical step; they matter if the tower is trained.
  public var imagesOfStep = 0.0
  /// Micro-batches of a step.
  public var accumulation: Int
  /// Bytes of features or pixels held as they were read.
  public var inputBytes = 0
  /// Bytes of a frozen embedding that are read; nil for all of them.
  public var embeddingBytes: Int?
  /// The dropout rate of an adapter's inputs.
  public var dropout = 0.0
  /// The size of the held-out records; nil without evaluation.
  public var evaluation: EvaluationSize?

  public init(batch: BatchSize, rowsOfStep: Double, targetsOfStep: Double, accumulation: Int) {
    (self.batch, self.accumulation) = (batch, accumulation)
    (self.rowsOfStep, self.targetsOfStep) = (rowsOfStep, targetsOfStep)
  }

  /// What one of so many ranks has of it.
  public func share(ofRanks ranks: Int) -> RunSize {
    var share = self
    share.accumulation = (accumulation + ranks - 1) / ranks
    share.rowsOfStep /= Double(ranks)
    share.targetsOfStep /= Double(ranks)
    share.imagesOfStep /= Double(ranks)
    return share
  }

  public init(rows: Int, rowsOfStep: Double, targetsOfStep: Double, accumulation: Int) {
    self.init(
      batch: BatchSize(rows: rows), rowsOfStep: rowsOfStep, targetsOfStep: targetsOfStep,
      accumulation: accumulation)
  }
}
