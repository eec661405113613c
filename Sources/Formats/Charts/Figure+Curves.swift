// The curves of a panel: thinned to what pixels can show, and told apart without colour.
// SPDX-License-Identifier: Apache-2.0
import Glibc

extension Figure {
  /// Dashes and lightness repeat after six runs and marks after seven: 42 differ.
  static func pen(_ run: Int) -> Drawing.Pen { Chart.pens[run % Chart.pens.count] }

  func drawCurves(_ drawing: inout Drawing, _ panel: Panel, _ frame: Frame) {
    let curves = panel.curves.map { ($0, stretches($0, frame)) }
    for (curve, stretches) in curves where curve.style == .faint {
      let pen = Drawing.Pen(ink: Self.pen(curve.run).ink.lightened, width: 0.8)
      for places in stretches { draw(&drawing, places, pen) }
    }
    for (curve, stretches) in curves where curve.style != .faint {
      for places in stretches { draw(&drawing, places, Self.pen(curve.run)) }
    }
    for (curve, stretches) in curves where curve.style != .faint {
      drawMarks(&drawing, curve, Array(stretches.joined()), frame)
    }
    for (run, point) in panel.rings where frame.shows(point) {
      drawing.stroke(
        polygon(frame.place(point), 9, sides: 24), Drawing.Pen(ink: Self.pen(run).ink, width: 1.6))
    }
  }

  private func draw(_ drawing: inout Drawing, _ places: [Drawing.Place], _ pen: Drawing.Pen) {
    guard places.count == 1 else { return drawing.stroke(places, pen) }
    // A polyline of one point is nothing in an SVG.
    drawing.stroke(
      polygon(places[0], max(1.5, pen.width / 2), sides: 8),
      Drawing.Pen(ink: pen.ink, width: max(3, pen.width)))
  }

  /// The parts that the axes can show, each of at most four places in a column of pixels: the first,
  /// the lowest, the highest and the last.
  private func stretches(_ curve: Curve, _ frame: Frame) -> [[Drawing.Place]] {
    curve.points.split { !frame.shows($0) }.map { part in
      var (kept, column): ([Drawing.Place], [Drawing.Place]) = ([], [])
      for point in part {
        let place = frame.place(point)
        if let first = column.first, floor(first.x) != floor(place.x) {
          kept += Self.extremes(column)
          column = []
        }
        column.append(place)
      }
      return kept + Self.extremes(column)
    }
  }

  private static func extremes(_ column: [Drawing.Place]) -> [Drawing.Place] {
    guard column.count > 4 else { return column }
    var (low, high) = (0, 0)
    for (index, place) in column.enumerated() {
      if place.y < column[low].y { low = index }
      if place.y > column[high].y { high = index }
    }
    return Set([0, low, high, column.count - 1]).sorted().map { column[$0] }
  }

  /// On every point of a curve of few; else some, at other places for each run.
  private func drawMarks(
    _ drawing: inout Drawing, _ curve: Curve, _ places: [Drawing.Place], _ frame: Frame
  ) {
    let ink = Self.pen(curve.run).ink
    if curve.style == .marked, places.count <= 50 {
      for place in places { drawing.mark(curve.run, place, ink) }
      return
    }
    guard runs.count > 1 else { return }
    let share = (Double(curve.run) + 0.5) / Double(runs.count)
    let distance = (frame.right - frame.left) / 6
    var next = frame.left + distance * share
    for place in places where place.x >= next {
      drawing.mark(curve.run, place, ink)
      next = frame.left + distance * (floor((place.x - frame.left) / distance) + share)
      if next <= place.x { next += distance }
    }
    // A curve that is shorter than the first of these places.
    if let last = places.last, last.x < frame.left + distance * share {
      drawing.mark(curve.run, last, ink)
    }
  }
}

extension Drawing {
  /// The mark of a run: disc, square, triangle, diamond, cross, plus, triangle downward.
  mutating func mark(_ run: Int, _ place: Place, _ ink: Ink) {
    let pen = Pen(ink: ink, width: 1.6)
    func shape(_ points: [(Double, Double)]) {
      stroke(points.map { Place(x: place.x + $0.0, y: place.y + $0.1) }, pen)
    }
    switch run % 7 {
    case 0: stroke(polygon(place, 1.7, sides: 12), Pen(ink: ink, width: 3.4))
    case 1: shape([(-4, -4), (4, -4), (4, 4), (-4, 4), (-4, -4)])
    case 2: shape([(0, -5), (5, 4), (-5, 4), (0, -5)])
    case 3: shape([(0, -6), (5, 0), (0, 6), (-5, 0), (0, -6)])
    case 4:
      shape([(-4, -4), (4, 4)])
      shape([(-4, 4), (4, -4)])
    case 5:
      shape([(-5, 0), (5, 0)])
      shape([(0, -5), (0, 5)])
    default: shape([(0, 5), (5, -4), (-5, -4), (0, 5)])
    }
  }
}

extension Drawing.Ink {
  /// Two thirds of the way to white.
  var lightened: Drawing.Ink {
    func light(_ value: UInt8) -> UInt8 { 255 - (255 - value) / 3 }
    return Drawing.Ink(light(red), light(green), light(blue))
  }
}

/// A closed polygon of equal sides around `place`.
private func polygon(_ place: Drawing.Place, _ radius: Double, sides: Int) -> [Drawing.Place] {
  (0...sides).map { side in
    let angle = 2 * Double.pi * Double(side) / Double(sides)
    return Drawing.Place(x: place.x + radius * cos(angle), y: place.y + radius * sin(angle))
  }
}
