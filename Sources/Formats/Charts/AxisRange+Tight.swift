// Axes that end near their values, with round ticks between the ends.
// SPDX-License-Identifier: Apache-2.0
import Decimals
import Glibc
import InputOutput

extension AxisRange {
  /// From `least` to `most` and the share `margin` beyond both; at most about `count` labels.
  init(near least: Double, _ most: Double, _ scale: Chart.Scale, margin: Double, count: Int) {
    self.scale = scale
    let isLogarithmic = scale == .logarithmic
    var (from, to) = isLogarithmic ? (log10(least), log10(most)) : (least, most)
    if to - from < 1e-290 || to - from <= max(abs(from), abs(to)) * 1e-9 {
      // Equal, or as good as that.
      let middle = isLogarithmic || abs(from) < 1e-290 ? (isLogarithmic ? 0.1 : 1) : abs(from) * 0.1
      (from, to) = (from - middle, to + middle)
    }
    let room = (to - from) * margin
    (from, to) = (from - room, to + room)
    (low, high) = isLogarithmic ? (pow(10, from), pow(10, to)) : (from, to)
    if isLogarithmic, to - from >= 0.6 {
      ticks = Self.powers(from, to, count: count)
    } else {
      ticks = Self.steps(low, high, count: count)
    }
  }

  private static func steps(_ low: Double, _ high: Double, count: Int) -> [Tick] {
    let span = high - low
    let power = pow(10, floor(log10(span / Double(count))))
    let step = [1, 2, 5, 10].map { $0 * power }.first { span / $0 <= Double(count) } ?? 10 * power
    let (first, last) = (ceil(low / step - 1e-9), floor(high / step + 1e-9))
    guard last >= first else { return [] }
    let largest = max(abs(low), abs(high))
    return (0...min(20, Int(last - first))).map { index in
      let value = (first + Double(index)) * step
      return Tick(value: value, label: label(value, step: step, largest: largest))
    }
  }

  /// Powers of ten; with fewer than two of them their doubles and fives too.
  private static func powers(_ from: Double, _ to: Double, count: Int) -> [Tick] {
    let (first, last) = (Int(floor(from)), Int(floor(to)))
    let every = (last - first) / max(1, count) + 1
    var ticks: [Tick] = []
    for exponent in first...last {
      for digit in to - from <= 12 ? Array(1...9) : [1] {
        let place = log10(Double(digit)) + Double(exponent)
        guard (from - 1e-12...to + 1e-12).contains(place) else { continue }
        let isLabelled =
          digit == 1
          ? exponent.isMultiple(of: every) : to - from < 2 && (digit == 2 || digit == 5)
        let value = Double(digit) * pow(10, Double(exponent))
        ticks.append(Tick(value: value, label: isLabelled ? power(digit, exponent) : nil))
      }
    }
    return ticks
  }

  private static func power(_ digit: Int, _ exponent: Int) -> String {
    switch exponent {
    case 0...5: grouped(digit * Int(pow(10, Double(exponent))))
    case -4..<0: fixed(Double(digit) * pow(10, Double(exponent)), places: -exponent)
    default: "\(digit)e\(exponent)"
    }
  }

  /// As short as neighbours allow that are `step` apart: 1.5M, 20,000, 0.25, 2.5e-5.
  private static func label(_ value: Double, step: Double, largest: Double) -> String {
    guard value != 0 else { return "0" }
    func places(_ unit: Double) -> Int {
      min(15, max(0, Int(-floor(log10(step / unit) + 1e-9))))
    }
    if largest < 1e-3 || largest >= 1e15 {
      let exponent = floor(log10(abs(value)) + 1e-12)
      let digits = max(0, min(15, Int(exponent - floor(log10(step) + 1e-9))))
      return "\(shortened(value / pow(10, exponent), places: digits))e\(Int(exponent))"
    }
    for (unit, name) in [(1e12, "T"), (1e9, "G"), (1e6, "M")] where largest >= unit {
      return fixed(value / unit, places: places(unit)) + name
    }
    let digits = places(1)
    return digits == 0 ? grouped(Int(value.rounded())) : fixed(value, places: digits)
  }
}
