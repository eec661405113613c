// The two scores of a review, and what makes a pair count.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// A judge's scores for the two answers.
public struct ScorePair: Equatable, Sendable {
  public var reference: Double
  public var candidate: Double

  /// What the reference writes for a review that it cannot parse, and averages.
  public static let unparsed = ScorePair(reference: -1, candidate: -1)

  /// The scale of the rubrics.
  public static let scale = 1.0...10.0

  public init(reference: Double, candidate: Double) {
    self.reference = reference
    self.candidate = candidate
  }

  /// The scores on the first line of `review`, the first answer's as `reference`; nil where there are
  /// not exactly two numbers. Commas count as spaces, and a single space parts the fields: `8,9`, but
  /// not `8, 9`. (llava/eval/eval_gpt_review.py, parse_score.)
  public init?(parsing review: String) {
    let line = review.utf8.prefix { $0 != UInt8(ascii: "\n") }
    let bytes = line.map { $0 == UInt8(ascii: ",") ? UInt8(ascii: " ") : $0 }
    let fields = bytes.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard fields.count == 2,
      let first = pythonFloat(String(decoding: fields[0], as: UTF8.self)),
      let second = pythonFloat(String(decoding: fields[1], as: UTF8.self))
    else { return nil }
    self.init(reference: first, candidate: second)
  }

  /// The scores exchanged: what a judge says who saw the candidate first.
  public var exchanged: ScorePair { ScorePair(reference: candidate, candidate: reference) }

  public var isFinite: Bool { reference.isFinite && candidate.isFinite }

  public var isInScale: Bool {
    Self.scale.contains(reference) && Self.scale.contains(candidate)
  }
}
