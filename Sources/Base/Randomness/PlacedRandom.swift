// Random numbers that depend only on a seed and a place, never on those drawn before.
// SPDX-License-Identifier: Apache-2.0

/// The purpose of random numbers: those for different purposes are independent, whatever their places.
///
/// The raw values are fixed: a different one would change every run of the same seed.
public enum RandomPurpose: UInt64, Sendable {
  case order = 1
  case mixing = 2
  case initialisation = 3
  case dropout = 4
  case captions = 5
  case guessing = 6
  case instructions = 7
  case resampling = 8
  case questions = 9
}

/// A row of random numbers at one place: seed, purpose, and any list of numbers such as step,
/// record and layer. Number `index` of the row costs the same wherever it lies, so that nothing has to
/// be saved or drawn in order, and threads and machines draw alike.
///
/// The seed and the places are folded, one after the other, into 64 bits by the finaliser of
/// SplitMix64 (Steele, Lea, Flood 2014; constants "mix 13" of Stafford), and a number is two rounds
/// of it over the state and the index. It is a fast hash for simulation, not for secrets.
public struct PlacedRandom: Sendable {
  private let state: UInt64

  /// The row at `places` of `seed`; (1) and (1, 0) are different places.
  public init(seed: UInt64, for purpose: RandomPurpose, _ places: UInt64...) {
    var state = folded(mixed(seed &+ goldenGamma), purpose.rawValue)
    for place in places { state = folded(state, place) }
    self.state = state
  }

  private init(state: UInt64) { self.state = state }

  /// The row at one place more: `PlacedRandom(seed: s, for: p, a).at(b)` is that at (a, b).
  public func at(_ place: UInt64) -> PlacedRandom { PlacedRandom(state: folded(state, place)) }

  /// 64 random bits.
  public func bits(_ index: UInt64) -> UInt64 {
    mixed(state &+ mixed((index &+ 1) &* goldenGamma))
  }

  /// A number from 0 up to but without 1, a multiple of 2^-53.
  public func uniform(_ index: UInt64) -> Double { Double(bits(index) >> 11) * 0x1p-53 }

  /// An integer from 0 up to but without `bound`, which must be positive; each as likely as any
  /// other: the few values that would favour some are drawn again (Lemire 2019, algorithm 5).
  public func integer(below bound: Int, _ index: UInt64) -> Int {
    precondition(bound > 0, "expected a positive bound, found \(bound)")
    let range = UInt64(bound)
    var (high, low) = range.multipliedFullWidth(by: bits(index))
    if low < range {
      let threshold = (0 &- range) % range
      let retries = at(index)
      var attempt: UInt64 = 0
      while low < threshold {
        (high, low) = range.multipliedFullWidth(by: retries.bits(attempt))
        attempt += 1
      }
    }
    return Int(high)
  }
}

/// 2^64 over the golden ratio, made odd.
private let goldenGamma: UInt64 = 0x9E37_79B9_7F4A_7C15

@inline(__always)
private func mixed(_ value: UInt64) -> UInt64 {
  var bits = value
  bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
  bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
  return bits ^ bits >> 31
}

/// A new state for each place. The place goes through a round of its own, so that neighbours in seed
/// and place do not cancel out.
@inline(__always)
private func folded(_ state: UInt64, _ place: UInt64) -> UInt64 {
  mixed((state &+ goldenGamma) ^ mixed(place &+ goldenGamma))
}
