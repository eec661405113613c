// What would fit instead, where a run does not fit into memory.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints

/// The settings of a run that affect its memory.
public struct RunVariation: Equatable, Sendable {
  public var plan: TrainingPlan
  public var optimizer: Optimizer
  public var microBatch: Int
  public var accumulation: Int
  /// Positions of the longest record, after the cut.
  public var maxLength: Int
  /// Nil: as few as fit.
  public var recomputedLayers: Int?

  public init(
    plan: TrainingPlan, optimizer: Optimizer, microBatch: Int, accumulation: Int, maxLength: Int,
    recomputedLayers: Int?
  ) {
    (self.plan, self.optimizer, self.microBatch) = (plan, optimizer, microBatch)
    (self.accumulation, self.maxLength) = (accumulation, maxLength)
    self.recomputedLayers = recomputedLayers
  }
}

/// Settings that fit, found with the estimate by which the run was refused.
public struct FittingSettings {
  /// The memory of a variation in bytes, which may be more than is available.
  private let memory: (RunVariation) throws -> Int
  private let available: Int
  /// Shorter records have too few tokens that carry loss.
  private let shortest: Int
  /// Whether an adapter's rank may be another: not where one goes on.
  private let hasFreeRank: Bool

  public init(
    available: Int, shortest: Int, hasFreeRank: Bool,
    memory: @escaping (RunVariation) throws -> Int
  ) {
    (self.available, self.shortest, self.memory) = (available, shortest, memory)
    self.hasFreeRank = hasFreeRank
  }

  /// One change each, of which every one fits; without such a change, several at once; none where
  /// nothing does.
  public func proposals(for run: RunVariation) throws -> [(run: RunVariation, memory: Int)] {
    var kept = run
    kept.recomputedLayers = nil
    var found: [(RunVariation, Int)] = []
    func offer(_ candidates: [RunVariation]) throws {
      for candidate in candidates {
        let taken = try memory(candidate)
        guard taken <= available else { continue }
        return found.append((candidate, taken))
      }
    }
    if run.recomputedLayers != nil { try offer([kept]) }
    guard found.isEmpty else { return found }
    try offer(smallerBatches(of: kept))
    if let shorter = try shorter(kept) { try offer([shorter]) }
    try offer(smallerRanks(of: kept))
    if let other = muon(kept) { try offer([other]) }
    guard found.isEmpty else { return found }
    let smallest = smallerBatches(of: kept).last ?? kept
    // Several changes at once, the mildest first.
    if smallest != kept, let shorter = try shorter(smallest) { try offer([shorter]) }
    for rank in smallerRanks(of: smallest) where found.isEmpty {
      try offer([rank])
      if found.isEmpty, let shorter = try shorter(rank) { try offer([shorter]) }
    }
    return found
  }

  /// The smallest that any of these changes together leads to.
  public func least(for run: RunVariation) throws -> (run: RunVariation, memory: Int) {
    var least = run
    least.recomputedLayers = nil
    least = smallerBatches(of: least).last ?? least
    least = smallerRanks(of: least).last ?? least
    least.maxLength = min(run.maxLength, shortest)
    return (least, try memory(least))
  }

  /// The same records a step, fewer at once.
  private func smallerBatches(of run: RunVariation) -> [RunVariation] {
    var found: [RunVariation] = []
    for batch in (1..<max(1, run.microBatch)).reversed()
    where run.microBatch % batch == 0 && found.count < 16 {
      let (count, overflow) = run.accumulation.multipliedReportingOverflow(
        by: run.microBatch / batch)
      guard !overflow, count <= 65536 else { continue }
      var smaller = run
      (smaller.microBatch, smaller.accumulation) = (batch, count)
      found.append(smaller)
    }
    return found
  }

  /// The longest cut that fits, in steps of 32 positions.
  private func shorter(_ run: RunVariation) throws -> RunVariation? {
    func cut(_ length: Int) -> RunVariation {
      var shorter = run
      shorter.maxLength = length
      return shorter
    }
    let step = 32
    var (low, high) = ((shortest + step - 1) / step, (run.maxLength - 1) / step)
    guard low <= high, try memory(cut(low * step)) <= available else { return nil }
    while low < high {
      let middle = (low + high + 1) / 2
      if try memory(cut(middle * step)) <= available { low = middle } else { high = middle - 1 }
    }
    return cut(low * step)
  }

  /// Lower ranks of an adapter; an adapter in the place of the whole language model.
  private func smallerRanks(of run: RunVariation) -> [RunVariation] {
    guard hasFreeRank, !run.plan.trainsVision else { return [] }
    let ranks: [Int]
    switch run.plan.language {
    case .frozen: return []
    case .full: ranks = [128, 64, 32, 16, 8]
    case .adapter(let scale):
      ranks = sequence(first: scale.rank / 2) { $0 / 2 }.prefix { $0 >= 4 }.map(\.self)
    }
    return ranks.map { rank in
      var smaller = run
      smaller.plan.language = .adapter(AdapterScale(rank: rank, alpha: Double(2 * rank)))
      return smaller
    }
  }

  private func muon(_ run: RunVariation) -> RunVariation? {
    guard run.optimizer == .adamw, run.plan.language != .frozen else { return nil }
    var other = run
    other.optimizer = .muon
    return other
  }
}
