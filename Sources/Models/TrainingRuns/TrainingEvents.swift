// The log of a run as TensorBoard reads it.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput
import TensorBoard
import Training

/// Adds an event after each step and each evaluation, as `TrainingLog` adds lines, to a file of its
/// own in a directory.
public final class TrainingEvents {
  private let file: TensorBoardFile
  private let now: () -> Double
  private var lastTime: Double

  /// Begins a file in `directory` that goes on after `step`. `now`: seconds since 1970.
  public init(
    _ directory: String, after step: Int, now: @escaping () -> Double = systemTime
  ) throws(Failure) {
    self.now = now
    lastTime = now()
    file = try TensorBoardFile(in: directory, from: step + 1, time: lastTime)
  }

  public func add(_ report: StepReport) throws(Failure) {
    let time = now()
    let seconds = max(1e-6, time - lastTime)
    lastTime = time
    try file.add(
      TensorBoardEvent(
        time: time, step: report.step,
        .scalars([
          ("train/loss", number(report.loss)), ("train/grad_norm", number(report.gradientNorm)),
          ("train/learning_rate", Float(report.rate)), ("train/tokens", Float(report.tokens)),
          ("train/loss_tokens", Float(report.targets)),
          ("train/tokens_per_second", Float(Double(report.tokens) / seconds)),
        ])))
  }

  /// A held-out loss of NaN or infinity is NaN here, which TensorBoard marks.
  public func add(_ report: EvaluationReport) throws(Failure) {
    let (time, found) = (now(), report.evaluation)
    try file.add(
      TensorBoardEvent(
        time: time, step: report.step,
        .scalars([
          ("eval/loss", found.loss.map(number) ?? .nan),
          ("eval/accuracy", number(found.accuracy)),
        ])))
    // Evaluations take none of a step's time.
    lastTime = now()
  }
}

/// The number of the log's line, in 32 bits: the same for whoever compares the two.
private func number(_ value: Double) -> Float { Float(TrainingLog.rounded(value)) }

/// Seconds since 1970 by the system's clock.
public func systemTime() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_REALTIME, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
