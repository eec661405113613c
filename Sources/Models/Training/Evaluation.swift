// What a model makes of held-out records: their loss, and the share of tokens it would have chosen.
// SPDX-License-Identifier: Apache-2.0
import Decoders
import JSON
import Operations
import Tensors

/// The sums over held-out sequences, added one by one in their order: batching changes no bit.
public struct Evaluation: Equatable, Sendable {
  public private(set) var records = 0
  /// Tokens that carry loss, and how many of them the model predicts by its largest logit.
  public private(set) var targets = 0
  public private(set) var hits = 0
  /// The id of the first sequence whose loss is NaN or infinite.
  public private(set) var firstBad: String?
  private var sum = 0.0

  public init() {}

  /// The mean over the tokens that carry loss, whatever `LossNorm` training uses; nil if it is NaN or infinite.
  public var loss: Double? { targets > 0 && sum.isFinite ? sum / Double(targets) : nil }

  /// Correct predictions divided by targets.
  public var accuracy: Double { Double(hits) / Double(max(1, targets)) }

  mutating func add(_ losses: [Float], hits: Int, of batch: MicroBatch) {
    add(EvaluatedBatch(batch, losses: losses, hits: hits))
  }

  /// Adds the results of a batch.
  public mutating func add(_ batch: EvaluatedBatch) {
    for loss in batch.losses { sum += Double(loss) }
    records += batch.records
    targets += batch.losses.count
    hits += batch.hits
    if firstBad == nil { firstBad = batch.firstBad }
  }
}

/// The results of a batch, which ranks exchange.
public struct EvaluatedBatch: Equatable, Sendable {
  public var records: Int
  /// For each token that carries loss.
  public var losses: [Float]
  public var hits: Int
  /// The id of the first sequence whose loss is NaN or infinite.
  public var firstBad: String?

  /// Losses to their last bit.
  public var json: JSONValue {
    var object: JSONObject = [
      "records": .int(records), "hits": .int(hits),
      "losses": .array(losses.map { .int(Int($0.bitPattern)) }),
    ]
    object["first_bad"] = firstBad.map { .string($0) }
    return .object(object)
  }

  public init?(_ value: JSONValue) {
    guard let object = value.object, let records = object["records"]?.int,
      let hits = object["hits"]?.int, let losses = object["losses"]?.array
    else { return nil }
    (self.records, self.hits, firstBad) = (records, hits, object["first_bad"]?.string)
    self.losses = losses.compactMap { $0.int.map { Float(bitPattern: UInt32(clamping: $0)) } }
  }

  init(_ batch: MicroBatch, losses: [Float], hits: Int) {
    (records, self.losses, self.hits) = (batch.sequences.count, losses, hits)
    firstBad = batch.firstBad(losses).map { batch.sequences[$0].id }
  }
}

extension TrainingModel {
  /// Adds the results of a batch, without dropout, to `evaluation`. Does not change the model.
  ///
  /// Throws `AllocationError`, and `io/interrupted` between two layers.
  public func evaluate(_ batch: MicroBatch, into evaluation: inout Evaluation) throws {
    evaluation.add(try evaluated(batch))
  }

  /// The results of a batch, likewise.
  public func evaluated(_ batch: MicroBatch) throws -> EvaluatedBatch {
    let hidden = try language.hidden(
      embeddings(of: batch, isRecorded: false).0, within: batch.spans)
    let (losses, hits) = try language.score(hidden, batch.targets)
    return EvaluatedBatch(batch, losses: losses, hits: hits)
  }
}

extension TrainingSequence {
  /// Whether no feature of its images is infinite or NaN; pixels never are.
  public func hasFiniteFeatures(_ operations: any Operations) throws(AllocationError) -> Bool {
    for case .image(let rows) in parts {
      guard operations.finite(try operations.convert(rows, to: .f32)) else { return false }
    }
    return true
  }
}
