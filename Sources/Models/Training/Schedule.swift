// The rate of each step.
// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The learning rate schedule (`training.md` of the reference: transformers' get_scheduler).
public struct Schedule: Equatable, Sendable {
  public enum Shape: String, CaseIterable, Sendable {
    /// Half a cosine, down to 0.
    case cosine
    /// Linear, down to 0.
    case linear
    case constant

    /// Whether a step's rate depends on the total number of steps.
    public var needsTotal: Bool { self != .constant }
  }

  public var shape: Shape
  /// Warm-up: the number of steps in which the rate rises from 0.
  public var warmupSteps: Int
  /// Steps of the whole run.
  public var totalSteps: Int

  public init(_ shape: Shape, warmupSteps: Int, totalSteps: Int) {
    (self.shape, self.warmupSteps, self.totalSteps) = (shape, warmupSteps, totalSteps)
  }

  /// The factor of the learning rate for the step after `finished` others. The first step has 0 if there
  /// is a warm-up; the last one is not quite 0.
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
