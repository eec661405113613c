// The mapping from values to positions along an axis, and its ticks.
// SPDX-License-Identifier: Apache-2.0
import Decimals
import Glibc
import InputOutput

/// The values of one axis, widened to whole ticks.
struct AxisRange {
  struct Tick: Equatable {
    let value: Double
    /// Nil for a small tick between two.
    let label: String?
  }

  let scale: Chart.Scale
  let low: Double
  let high: Double
  let ticks: [Tick]

  /// `values` that the axis cannot show are passed over; where there are none, it goes from 0 or 1.
  init(_ values: some Sequence<Double>, _ scale: Chart.Scale) {
    self.scale = scale
    var (least, most) = (Double.infinity, -Double.infinity)
    for value in values where Self.shows(value, scale) {
      least = min(least, value)
      most = max(most, value)
    }
    if least > most { (least, most) = scale == .linear ? (0, 1) : (1, 10) }
    switch scale {
    case .linear: (low, high, ticks) = Self.linear(least, most)
    case .logarithmic: (low, high, ticks) = Self.logarithmic(least, most)
    }
  }

  static func shows(_ value: Double, _ scale: Chart.Scale) -> Bool {
    // Beyond this, differences and decades of the range would not be finite.
    abs(value) < 1e300 && (scale == .linear || value > 1e-300)
  }

  /// Where `value` lies between the ends, from 0 to 1.
  func share(_ value: Double) -> Double {
    switch scale {
    case .linear: (value - low) / (high - low)
    case .logarithmic: log10(value / low) / log10(high / low)
    }
  }

  /// Steps of 1, 2 or 5 times a power of ten, from 4 to 9 of them.
  private static func linear(_ least: Double, _ most: Double) -> (Double, Double, [Tick]) {
    // Equal values, or so near each other that a step would be lost in rounding.
    let width = max(most - least, max(abs(least), abs(most)) * 1e-9)
    let span = width > 0 ? width : 1
    let power = pow(10, floor(log10(span / 5)))
    let step = [1, 2, 5, 10].map { $0 * power }.first { span / $0 <= 7 } ?? 10 * power
    let first = floor(least / step)
    var last = ceil(most / step)
    if last <= first { last = first + 1 }
    let places = min(15, max(0, Int(-floor(log10(step) + 1e-9))))
    let ticks = (0...min(20, Int(last - first))).map { index in
      let value = (first + Double(index)) * step
      return Tick(value: value, label: label(value, places: places))
    }
    return (first * step, last * step, ticks)
  }

  /// Whole decades; labels are thinned where there are many.
  private static func logarithmic(_ least: Double, _ most: Double) -> (Double, Double, [Tick]) {
    let first = Int(floor(log10(least) + 1e-12))
    var last = Int(ceil(log10(most) - 1e-12))
    if last <= first { last = first + 1 }
    let every = (last - first) / 8 + 1
    var ticks: [Tick] = []
    for exponent in first...last {
      let value = pow(10, Double(exponent))
      let isLabelled = (exponent - first).isMultiple(of: every)
      ticks.append(Tick(value: value, label: isLabelled ? decade(exponent) : nil))
      guard exponent < last, last - first <= 8 else { continue }
      ticks += (2...9).map { Tick(value: Double($0) * value, label: nil) }
    }
    return (pow(10, Double(first)), pow(10, Double(last)), ticks)
  }

  static func decade(_ exponent: Int) -> String {
    switch exponent {
    case 0...6: grouped(Int(pow(10, Double(exponent))))
    case -4..<0: fixed(pow(10, Double(exponent)), places: -exponent)
    default: "1e\(exponent)"
    }
  }

  private static func label(_ value: Double, places: Int) -> String {
    if value == 0 { return "0" }
    if abs(value) >= 1e9 || abs(value) < 1e-6 { return pythonText(rounded(value, places: 15)) }
    if places == 0 { return grouped(Int(value.rounded())) }
    return fixed(value, places: places)
  }
}
