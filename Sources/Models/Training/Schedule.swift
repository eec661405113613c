// The rate of each step.
// SPDX-License-Identifier: Apache-2.0
import Glibc

/// How the learning rate goes over a run (`training.md` of the reference: transformers' get_scheduler).
public struct Schedule: Equatable, Sendable {
  public enum Shape: String, CaseIterable, Sendable {
    /// Half a cosine down to 0.
    case cosine
    /// A line down to 0.
    case linear
    case constant

    /// Whether a step's rate depends on how many there are.
    public var needsTotal: Bool { self != .constant }
  }

  public var shape: Shape
  /// The rate rises from 0 in so many steps.
  public var warmupSteps: Int
  /// Steps of the whole run.
  public var totalSteps: Int

  public init(_ shape: Shape, warmupSteps: Int, totalSteps: Int) {
    (self.shape, self.warmupSteps, self.totalSteps) = (shape, warmupSteps, totalSteps)
  }

  /// What the rate of the step after `finished` others is multiplied by. The first step has 0 where
  /// there is a warm-up, the last one not quite.
  public func factor(finished: Int) -> Double {
    if finished < warmupSteps { return Double(finished) / Double(max(1, warmupSteps)) }
    let rest = Double(max(1, totalSteps - warmupSteps))
    let progress = Double(finished - warmupSteps) / rest
    switch shape {
    case .cosine: return max(0, 0.5 * (1 + cos(.pi * progress)))
    case .linear: return max(0, 1 - progress)
    case .constant: return 1
    }
  }
}
