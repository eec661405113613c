// Chooses the next token.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import Randomness

/// How tokens are chosen and when an answer ends.
public struct GenerationOptions: Sendable, Equatable {
  /// Sampling temperature; 0 is greedy.
  public var temperature: Double = 0
  /// Top-k sampling: only the `topK` likeliest tokens; 0 for all.
  public var topK = 0
  /// Nucleus sampling: only the likeliest tokens whose probabilities together reach `topP`.
  public var topP: Double = 1
  /// Repetition penalty: logits of tokens in the prompt's text or the answer are divided by this
  /// (multiplied when negative), as in CTRL (arXiv 1909.05858) and transformers.
  public var repetitionPenalty: Double = 1
  public var seed: UInt64 = 0
  /// The longest answer in tokens.
  public var maxTokens = 512
  /// Texts that end an answer, besides those of the prompt.
  public var stops: [String] = []

  public init() {}
}

/// Samples tokens for one answer. Its random numbers depend only on the seed and the record's id,
/// so that neither order nor batch nor resuming changes an answer.
struct Sampler {
  private let options: GenerationOptions
  private var state: UInt64
  private var seen: Set<Int32>

  init(_ options: GenerationOptions, id: String, prompt: [Int32]) {
    self.options = options
    state = nameHash(id, seed: options.seed)
    seen = options.repetitionPenalty == 1 ? [] : Set(prompt)
  }

  /// The next token for `logits` [vocabulary]; nil when they hold NaN or only infinities.
  mutating func choose(_ logits: [Float]) -> Int32? {
    var logits = logits
    penalise(&logits)
    guard let best = Self.largest(logits) else { return nil }
    let choice = options.temperature > 0 ? draw(logits, largest: logits[best]) : best
    if options.repetitionPenalty != 1 { seen.insert(Int32(choice)) }
    return Int32(choice)
  }

  private func penalise(_ logits: inout [Float]) {
    let penalty = Float(options.repetitionPenalty)
    for id in seen where logits.indices.contains(Int(id)) {
      let logit = logits[Int(id)]
      logits[Int(id)] = logit > 0 ? logit / penalty : logit * penalty
    }
  }

  /// The first index of the largest; nil when any logit is NaN or all are infinite.
  private static func largest(_ logits: [Float]) -> Int? {
    var best = 0
    var sum: Float = 0
    for (index, logit) in logits.enumerated() {
      sum += logit * 0
      if logit > logits[best] { best = index }
    }
    return logits.isEmpty || sum.isNaN ? nil : best
  }

  private mutating func draw(_ logits: [Float], largest: Float) -> Int {
    var candidates = logits.enumerated().map { index, logit in
      (index: index, weight: exp(Double(logit - largest) / options.temperature))
    }
    if options.topK > 0 || options.topP < 1 {
      candidates.sort { ($1.weight, $0.index) < ($0.weight, $1.index) }
      if options.topK > 0 { candidates = Array(candidates.prefix(options.topK)) }
      if options.topP < 1 {
        candidates = Array(candidates.prefix(nucleus(candidates.map(\.weight))))
      }
    }
    let total = candidates.reduce(0) { $0 + $1.weight }
    var rest = uniform() * total
    for candidate in candidates {
      rest -= candidate.weight
      if rest < 0 { return candidate.index }
    }
    return candidates[candidates.count - 1].index
  }

  /// How many of the descending weights together reach `topP` of their sum; at least one.
  private func nucleus(_ weights: [Double]) -> Int {
    let enough = weights.reduce(0, +) * options.topP
    var sum = 0.0
    for (index, weight) in weights.enumerated() {
      sum += weight
      if sum >= enough { return index + 1 }
    }
    return weights.count
  }

  /// SplitMix64, as a number in 0..<1.
  private mutating func uniform() -> Double {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    mixed ^= mixed >> 31
    return Double(mixed >> 11) * 0x1p-53
  }
}
