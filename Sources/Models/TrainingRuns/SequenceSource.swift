// Where a run's sequences come from.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Training

/// Yields sequences in the order of the run, epoch after epoch. Records that cannot be trained on are
/// skipped, and counted by the creator of the source.
public protocol SequenceSource: AnyObject {
  /// The next sequence of this epoch; nil at its end.
  func next() throws(Failure) -> TrainingSequence?
  /// Goes on to the next epoch; false where there is none.
  func beginEpoch() throws(Failure) -> Bool
  /// From 0.
  var epoch: Int { get }
  /// Records of this epoch that were taken, those passed over included.
  var position: Int { get }
}
