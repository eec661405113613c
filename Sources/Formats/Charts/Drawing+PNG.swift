// A drawing as a PNG: strokes by the distance of each pixel from them, letters as strokes.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput

extension Drawing {
  private func scaled(by factor: Double) -> Drawing {
    var scaled = Drawing(
      width: Int(Double(width) * factor), height: Int(Double(height) * factor))
    func place(_ place: Place) -> Place { Place(x: place.x * factor, y: place.y * factor) }
    scaled.items = items.map { item in
      switch item {
      case .stroke(let places, var pen):
        pen.width *= factor
        pen.dashes = pen.dashes.map { $0 * factor }
        return .stroke(places.map(place), pen)
      case .label(var label):
        label.place = place(label.place)
        label.size *= factor
        return .label(label)
      case .blank(let corner, let width, let height):
        return .blank(place(corner), width: width * factor, height: height * factor)
      }
    }
    return scaled
  }

  /// The picture as an RGB PNG, each of its units `scale` pixels. Letters are the plain ones of
  /// `StrokeFont`. Throws what `pngFile` throws.
  public func png(scale: Int = 1) throws(Failure) -> [UInt8] {
    guard scale == 1 else { return try scaled(by: Double(scale)).png() }
    var pixels = Pixels(width: width, height: height)
    for item in items {
      switch item {
      case .stroke(let places, let pen): pixels.draw(Self.dashed(places, pen.dashes), pen)
      case .label(let label): pixels.draw(Self.strokes(label), Pen(width: max(1, label.size / 11)))
      case .blank(let place, let width, let height): pixels.clear(place, width, height)
      }
    }
    return try pngFile(width: width, height: height) { pixels.ink($0, $1) }
  }

  /// The strokes of a text.
  private static func strokes(_ label: Label) -> [[Place]] {
    let scalars = Array(label.text.unicodeScalars)
    let (across, up) = (label.size * 0.088, label.size * 0.12)
    let width = max(0, Double(scalars.count) * StrokeFont.advance - 2) * across
    let start =
      switch label.anchor {
      case .start: 0.0
      case .middle: -width / 2
      case .end: -width
      }
    return scalars.enumerated().flatMap { index, scalar in
      StrokeFont.strokes(scalar).map { stroke in
        stroke.map { point in
          let x = start + (Double(index) * StrokeFont.advance + point.x) * across
          let y = (point.y - 2) * up
          return label.isVertical
            ? Place(x: label.place.x - y, y: label.place.y - x)
            : Place(x: label.place.x + x, y: label.place.y - y)
        }
      }
    }
  }

  /// The dashes of a stroke, each a stroke of its own.
  static func dashed(_ places: [Place], _ dashes: [Double]) -> [[Place]] {
    guard dashes.contains(where: { $0 > 0 }), var last = places.first else { return [places] }
    var strokes: [[Place]] = [[last]]
    var (index, left, isDown) = (0, dashes[0], true)
    for place in places.dropFirst() {
      var rest = hypot(place.x - last.x, place.y - last.y)
      while rest > left {
        let share = left / rest
        last = Place(x: last.x + (place.x - last.x) * share, y: last.y + (place.y - last.y) * share)
        rest -= left
        if isDown { strokes[strokes.count - 1].append(last) } else { strokes.append([last]) }
        isDown.toggle()
        index = (index + 1) % dashes.count
        left = dashes[index]
      }
      left -= rest
      last = place
      if isDown { strokes[strokes.count - 1].append(last) }
    }
    return strokes
  }
}

/// A picture in the making.
private struct Pixels {
  let width: Int
  let height: Int
  private var inks: [Drawing.Ink]
  /// Notes the share of each pixel that the strokes in hand cover; zeros between two draws.
  private var coverage: [Float]

  init(width: Int, height: Int) {
    self.width = width
    self.height = height
    inks = [Drawing.Ink](repeating: Drawing.Ink(255, 255, 255), count: width * height)
    coverage = [Float](repeating: 0, count: width * height)
  }

  func ink(_ x: Int, _ y: Int) -> Drawing.Ink { inks[y * width + x] }

  mutating func clear(_ place: Drawing.Place, _ across: Double, _ down: Double) {
    for y in rows(place.y, place.y + down) {
      for x in columns(place.x, place.x + across) {
        inks[y * width + x] = Drawing.Ink(255, 255, 255)
      }
    }
  }

  /// Where strokes of one pen meet, they are no darker than one.
  mutating func draw(_ strokes: [[Drawing.Place]], _ pen: Drawing.Pen) {
    for stroke in strokes {
      if stroke.count == 1 { cover(stroke[0], stroke[0], pen.width) }
      for (start, end) in zip(stroke, stroke.dropFirst()) { cover(start, end, pen.width) }
    }
    let all = strokes.joined()
    let (across, down, reach) = (all.lazy.map(\.x), all.lazy.map(\.y), pen.width / 2 + 1)
    guard let left = across.min(), let right = across.max(), let top = down.min(),
      let bottom = down.max()
    else { return }
    for y in rows(top - reach, bottom + reach) {
      for x in columns(left - reach, right + reach) {
        let place = y * width + x
        guard coverage[place] > 0 else { continue }
        let share = Double(coverage[place])
        coverage[place] = 0
        func mixed(_ old: UInt8, _ new: UInt8) -> UInt8 {
          UInt8((Double(old) * (1 - share) + Double(new) * share).rounded())
        }
        let old = inks[place]
        inks[place] = Drawing.Ink(
          mixed(old.red, pen.ink.red), mixed(old.green, pen.ink.green),
          mixed(old.blue, pen.ink.blue))
      }
    }
  }

  /// The share of each pixel that the stroke from `start` to `end` covers.
  private mutating func cover(_ start: Drawing.Place, _ end: Drawing.Place, _ pen: Double) {
    let (alongX, alongY) = (end.x - start.x, end.y - start.y)
    let length = alongX * alongX + alongY * alongY
    let reach = pen / 2 + 1
    for y in rows(min(start.y, end.y) - reach, max(start.y, end.y) + reach) {
      for x in columns(min(start.x, end.x) - reach, max(start.x, end.x) + reach) {
        let (offX, offY) = (Double(x) + 0.5 - start.x, Double(y) + 0.5 - start.y)
        let along =
          length > 0 ? min(1, max(0, (offX * alongX + offY * alongY) / length)) : 0
        let distance = hypot(offX - along * alongX, offY - along * alongY)
        let share = Float(min(1, pen / 2 + 0.5 - distance))
        if share > coverage[y * width + x] { coverage[y * width + x] = share }
      }
    }
  }

  private func rows(_ from: Double, _ to: Double) -> Range<Int> { Self.range(from, to, height) }
  private func columns(_ from: Double, _ to: Double) -> Range<Int> { Self.range(from, to, width) }

  private static func range(_ from: Double, _ to: Double, _ limit: Int) -> Range<Int> {
    let low = Int(max(0, min(Double(limit), from.rounded(.down))))
    return low..<max(low, Int(max(0, min(Double(limit), to.rounded(.up)))))
  }
}
